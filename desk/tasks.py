"""The background work of the workplace."""

from celery import shared_task

from core.tasks import Task
from core.web.health import may_sweep
from desk.personal_data import retention


@shared_task(base=Task)
def let_go() -> None:
    """Let go what was kept for its time, unless the clock is off; beat ticks it each night."""
    if may_sweep("let_go"):
        retention.run()
