"""What staff do with imports, and what the sweeper does in their place."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from core.database import clock
from core.failures import each, waiting
from core.imports.registry import importers
from core.workflow import transition
from identity.models import User
from transfers import jobs, stored_files, task_names
from transfers.imports import work
from transfers.imports.rights import may_import
from transfers.models import Import, ImportPreview, StoredFile
from transfers.states import OPEN_IMPORTS


def kept_for() -> timedelta:
    """How long a file waits."""
    return timedelta(hours=settings.RETENTION_FILES_HOURS)


@transaction.atomic
def upload(noun: str, chunks: Iterable[bytes], *, by: User, address: str | None = None) -> Import:
    """Keep a file, and have it checked. Raises PermissionDenied for what they may not import."""
    importer = importers().get(noun)
    if importer is None or not may_import(by, importer):
        raise PermissionDenied
    file = stored_files.store(chunks)
    job = Import.objects.create(noun=noun, owner=by, address=address, file=file)
    job.events.create(kind="uploaded", to_state=job.state, actor=by.actor)
    task_names.work_on_import.delay_on_commit(job.pk)
    return job


@transaction.atomic
def apply(job: Import, *, by: User) -> Import:
    """Have it written, if what it would do is still what was looked at.

    Raises PermissionDenied for somebody else's, and TransitionNotAllowedError unless it is ready.
    """
    if job.owner_id != by.pk or not may_import(by, importers()[job.noun]):
        raise PermissionDenied
    transition(job, "applying", by=by.actor, worked_at=None, attempts=0, percent=0, remark="")
    task_names.work_on_import.delay_on_commit(job.pk)
    return job


@transaction.atomic
def cancel(job: Import, *, by: str, remark: str = "") -> Import:
    """Give it up: nothing of it is written. Raises TransitionNotAllowedError once it is over."""
    now = clock.now()
    transition(job, "cancelled", by=by, detail=remark, remark=remark, finished_at=now)
    work.throw_away(job)
    job.previews.all().delete()
    return job


def resume_waiting() -> int:
    """Have those done that nobody works on; how many were done here, without a broker."""
    lost = clock.now() - jobs.LOST_AFTER
    alone = Import.objects.filter(state__in=OPEN_IMPORTS)
    alone = alone.filter(Q(worked_at=None) | Q(worked_at__lt=lost))
    keys = waiting(work.WORK, alone)
    return each(work.WORK, [k for k in keys if not task_names.work_on_import.enqueue(k)], work.run)


def expire() -> int:
    """Cancel what nobody applied in time, and forget what was looked at; how many."""
    old = Import.objects.filter(state="checked", created_at__lt=clock.now() - kept_for())
    work_name = "cancel an import that nobody applied"
    done = each(work_name, waiting(work_name, old), _expire)
    _forget_previews().delete()
    StoredFile.objects.filter(created_at__lt=clock.now() - 3 * kept_for()).delete()
    return done


def _expire(pk: int) -> int:
    cancel(Import.objects.get(pk=pk), by="system", remark="Nobody applied it in time.")
    return 1


def _forget_previews() -> QuerySet[ImportPreview]:
    over = Import.objects.filter(finished_at__lt=clock.now() - kept_for())
    return ImportPreview.objects.filter(job__in=over)
