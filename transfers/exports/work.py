"""What a worker does with an export: the rows of a list become a file, in one transaction.

Every patient whose data it holds is on the access log in the same transaction: a file that is not
on record is not there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, transaction

from core.database import clock
from core.failures import attempt
from core.workflow import transition_locked
from identity.access_log.records import record_export
from transfers import jobs, stored_files
from transfers.exports.lists import ListOf
from transfers.exports.writing import WRITERS, SheetLimitError
from transfers.models import Export

WORK = "write export"
STEPS = {"waiting": "running", "running": "running"}
NOT_ALLOWED = "You may not see or export this list any more."


def run(pk: int) -> int:
    """Write an export that waits for it; 1, or 0 when there was nothing to do.

    What raises is a case, and tried again: see core/failures.py.
    """
    job = jobs.claim(Export, pk, STEPS)
    if job is None:
        return 0
    with jobs.Progress(job) as progress:
        try:
            with transaction.atomic():
                _write(job, progress)
        except jobs.StoppedError:
            jobs.release(job)
            return 0
        except (SheetLimitError, PermissionDenied, BadRequest) as refused:
            _fail(job, str(refused) if isinstance(refused, SheetLimitError) else NOT_ALLOWED)
        except OperationalError:
            if not progress.is_lost:  # else it is our own: the statement was cancelled
                raise
            return 0
    return 1


def try_run(pk: int) -> None:
    """The same for a task: what raises is written down, and the sweeper tries it again."""
    attempt(WORK, pk, lambda: run(pk))


def _write(job: Export, progress: jobs.Progress) -> None:
    of = ListOf(job.of, job.query, job.owner)
    rows = _Rows(of, progress)
    with stored_files.Writer() as writer:
        WRITERS[job.format](rows, writer)
    jobs.lock(job)
    record_export(
        job.owner,
        rows.patients,
        address=job.address,
        reason=job.reason,
        detail=_said(job, of, rows.count),
    )
    facts: dict[str, Any] = {"rows": rows.count, "percent": 100, "finished_at": clock.now()}
    transition_locked(job, "ready", by="system", file=writer.file, **facts)


class _Rows:
    """The lines of the file; counts them, and takes note of whose health data they hold."""

    def __init__(self, of: ListOf, progress: jobs.Progress) -> None:
        self.count = 0
        self.patients: set[int] = set()
        self._of, self._progress = of, progress

    def __iter__(self) -> Iterator[Sequence[str]]:
        of = self._of
        key = of.page.patient_key if of.holds_health_data else ""
        yield list(of.page.export_columns)
        for chunk in of.chunks():
            if key:
                self.patients |= {getattr(row, key) for row in chunk}
            yield from map(of.cells, chunk)
            self.count += len(chunk)
            self._progress("writing", self.count)


def _said(job: Export, of: ListOf, count: int) -> str:
    narrowed = f"; {job.filters}" if job.filters else ""
    return f"export {job.pk}: {of.title}, {count:,} rows, {job.format}{narrowed}"


def _fail(job: Export, remark: str) -> None:
    with transaction.atomic():
        jobs.lock(job)
        now = clock.now()
        transition_locked(job, "failed", by="system", detail=remark, remark=remark, finished_at=now)
