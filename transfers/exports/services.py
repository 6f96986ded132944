"""What staff do with exports, and what the sweeper does in their place."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from core.database import clock
from core.failures import each, waiting
from core.workflow import transition
from identity.models import User
from transfers import jobs, stored_files, task_names
from transfers.exports import work
from transfers.exports.lists import ListOf
from transfers.models import Export
from transfers.states import OPEN_EXPORTS


def kept_for() -> timedelta:
    """How long a file waits."""
    return timedelta(hours=settings.RETENTION_FILES_HOURS)


@transaction.atomic
def ask_for(of: ListOf, *, format: str, reason: str, address: str | None = None) -> Export:
    """Have a list written to a file. Raises PermissionDenied, and BadRequest for a list that its
    address does not tell."""
    of.rows()
    job = Export.objects.create(
        of=of.label,
        query=of.query,
        filters=of.filters(),
        format=format,
        reason=reason,
        owner=of.user,
        address=address,
    )
    job.events.create(kind="asked for", to_state=job.state, actor=of.user.actor, detail=reason)
    task_names.write_export.delay_on_commit(job.pk)
    return job


@transaction.atomic
def cancel(job: Export, *, by: str) -> Export:
    """Give it up. Raises TransitionNotAllowedError once it is over."""
    transition(job, "cancelled", by=by, finished_at=clock.now())
    return job


@transaction.atomic
def download(job: Export, *, by: User) -> Iterator[bytes]:
    """The file, part by part, for its owner while they may see the list; on record.

    Raises PermissionDenied for anybody else, and where it is no longer there.
    """
    if job.owner_id != by.pk or job.state != "ready" or job.file is None:
        raise PermissionDenied
    ListOf(job.of, job.query, by).page  # noqa: B018 - raises PermissionDenied
    job.events.create(kind="downloaded", actor=by.actor)
    return stored_files.parts(job.file)


def resume_waiting() -> int:
    """Have those written that nobody works on; how many were written here, without a broker."""
    lost = clock.now() - jobs.LOST_AFTER
    alone = Export.objects.filter(state__in=OPEN_EXPORTS)
    keys = waiting(work.WORK, alone.filter(Q(worked_at=None) | Q(worked_at__lt=lost)))
    return each(work.WORK, [k for k in keys if not task_names.write_export.enqueue(k)], work.run)


def expire() -> int:
    """Remove files that nobody fetched in time; how many."""
    old = Export.objects.filter(state="ready", finished_at__lt=clock.now() - kept_for())
    work_name = "remove the file of an export"
    return each(work_name, waiting(work_name, old), _remove)


@transaction.atomic
def _remove(pk: int) -> int:
    job = Export.objects.get(pk=pk)
    transition(job, "removed", by="system", query="")
    if job.file is not None:
        job.file.delete()
    return 1
