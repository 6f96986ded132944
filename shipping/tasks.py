"""The background work of shipping. The messages are hints: `sweeping.py` finds what they miss."""

from celery import shared_task

from core import shutdown
from core.failures import each
from core.health import may_sweep
from core.tallies import Moment
from core.tasks import Task
from shipping import cancelling, dispatching, running, tracking

RUNS = Moment("dosette_schedule_last_run_seconds", "When the shipping schedule last ran")


@shared_task(base=Task)
def dispatch(shipment_id: int | None = None) -> None:
    """Hand over what is due where this shipment goes, or everywhere."""
    dispatching.dispatch(shipment_id)


@shared_task(base=Task)
def cancel_parcels(provider: str) -> None:
    """Ask a provider to take back what staff want back."""
    cancelling.send(provider)


@shared_task(base=Task)
def apply_events(*shipment_ids: int) -> None:
    """Bring shipments to where their providers say they are, each by itself."""
    each(tracking.APPLY, shipment_ids, tracking.apply)


@shared_task(base=Task)
def run_schedule() -> None:
    """Make the shipments that are due today, unless the clock is off; beat ticks it."""
    if not may_sweep("run_schedule"):
        return
    running.run_schedule()
    if shutdown.is_under_way():
        run_schedule.nudge()  # another worker makes the rest
    else:
        RUNS.now()
