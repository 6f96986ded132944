"""Background work. The messages are hints: `sweeper.py` finds what they miss."""

from celery import shared_task

from core.tasks import Task
from transfers.exports import work as exports
from transfers.imports import work as imports


@shared_task(base=Task)
def work_on_import(pk: int) -> None:
    """Check or write an import."""
    imports.try_run(pk)


@shared_task(base=Task)
def write_export(pk: int) -> None:
    """Write the file of an export."""
    exports.try_run(pk)
