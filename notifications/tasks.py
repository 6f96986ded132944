"""Background work. The messages are hints: `sweeper.py` finds what they miss."""

from celery import shared_task

from core.failures import each
from core.tasks import Task
from notifications.delivery import queues
from notifications.delivery.incoming import reports
from notifications.mailings import service as mailings


@shared_task(base=Task)
def dispatch(channel: str = "", provider: str = "") -> None:
    """Send what is due in one queue, or in all of them."""
    queues.dispatch(channel, provider)


@shared_task(base=Task)
def apply_reports(*report_ids: int) -> None:
    """Apply what services reported of messages, each by itself."""
    each(reports.APPLY, report_ids, reports.apply_report)


@shared_task(base=Task)
def write_mailing(pk: int) -> None:
    """Make the messages of a mailing."""
    mailings.write(pk)
