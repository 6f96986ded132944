"""What a worker does with an import: it checks the file, or writes it, in one transaction each."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import OperationalError, transaction

from core.database import clock
from core.failures import attempt
from core.imports import Difference, Importer, Report
from core.imports import run as import_file
from core.imports.registry import importers
from core.workflow import transition_locked
from transfers import jobs, stored_files
from transfers.imports.previews import Collector, keep_problems
from transfers.models import Import, StoredFile

WORK = "work on import"
STEPS = {"uploaded": "checking", "checking": "checking", "applying": "applying"}
Review = Callable[[Iterator[Difference]], None]
CHANGED = "What is there was changed since you looked. Look again: this is what it would do now."


class ChangedMeanwhileError(Exception):
    """What the import would do is not what somebody looked at."""


def run(pk: int) -> int:
    """Check or write an import that waits for it; 1, or 0 when there was nothing to do.

    What raises is a case, and tried again: see core/failures.py.
    """
    job = jobs.claim(Import, pk, STEPS)
    if job is None:
        return 0
    with jobs.Progress(job, _file(job).size) as progress:
        try:
            step = _write if job.state == "applying" else _check
            step(job, importers()[job.noun](), progress)
        except jobs.StoppedError:
            jobs.release(job)
            return 0
        except OperationalError:
            if not progress.is_lost:  # else it is our own: the statement was cancelled
                raise
            return 0
    return 1


def try_run(pk: int) -> None:
    """The same for a task: what raises is written down, and the sweeper tries it again."""
    attempt(WORK, pk, lambda: run(pk))


def _check(job: Import, importer: Importer, progress: jobs.Progress) -> None:
    collector = Collector()
    report = _import(job, importer, progress, collector.take)
    with transaction.atomic():
        jobs.lock(job)
        if report.ok:
            _make_ready(job, report.rows, collector)
        else:
            _refuse(job, report)


def _write(job: Import, importer: Importer, progress: jobs.Progress) -> None:
    """Write it, and record that, in one transaction; go back where something changed meanwhile."""
    importer.is_locking = True
    collector = Collector()

    def review(differences: Iterator[Difference]) -> None:
        collector.take(differences)
        if collector.fingerprint != job.fingerprint:
            raise ChangedMeanwhileError

    try:
        with transaction.atomic():
            report = _import(job, importer, progress, review)
            jobs.lock(job)
            _record(job, report, collector)
    except ChangedMeanwhileError:
        with transaction.atomic():
            jobs.lock(job)
            _make_ready(job, job.rows, collector, remark=CHANGED)


def _record(job: Import, report: Report, collector: Collector) -> None:
    """Raise ChangedMeanwhileError where another wrote between the comparison and our writing."""
    if not report.ok:
        _refuse(job, report)
        return
    if (report.created, report.updated) != collector.figures:
        raise ChangedMeanwhileError
    _finish(job, "applied", created=report.created, updated=report.updated)
    throw_away(job)


def _import(job: Import, importer: Importer, progress: jobs.Progress, review: Review) -> Report:
    with stored_files.opened(_file(job)) as stream:
        return import_file(
            importer,
            stream,
            by=job.owner.actor,
            dry_run=job.state == "checking",
            progress=progress,
            review=review,
        )


def _file(job: Import) -> StoredFile:
    if job.file is None:
        raise LookupError("The file is gone.")
    return job.file


def _make_ready(job: Import, rows: int, collector: Collector, remark: str = "") -> None:
    created, updated = collector.figures
    facts: dict[str, Any] = {"rows": rows, "created": created, "updated": updated}
    facts |= {"fingerprint": collector.fingerprint, "worked_at": None, "remark": remark}
    transition_locked(job, "checked", by="system", detail=remark, **facts)
    collector.keep(job)


def _refuse(job: Import, report: Report) -> None:
    _finish(job, "refused", rows=report.rows, problems=report.problem_count)
    keep_problems(job, report)
    throw_away(job)


def _finish(job: Import, state: str, **facts: Any) -> None:
    transition_locked(job, state, by="system", finished_at=clock.now(), percent=100, **facts)


def throw_away(job: Import) -> None:
    """Delete the file."""
    if job.file is not None:
        job.file.delete()
