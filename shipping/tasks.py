"""The background work of shipping. The messages are hints: `sweeper.py` finds what they miss."""

from celery import shared_task

from core.failures import each, together
from core.sweeper import opening
from core.tasks import Task
from core.web.health import may_sweep
from shipping.dispatch import cancellations, queue
from shipping.exceptions import cases
from shipping.schedules import run
from shipping.tracking import events


@shared_task(base=Task)
def dispatch(provider: str | int = "") -> None:
    """Hand over what is due at this provider, or everywhere."""
    # A release ago the message named a shipment.
    queue.dispatch(provider if isinstance(provider, str) else "")


@shared_task(base=Task)
def cancel_parcels(provider: str) -> None:
    """Ask a provider to take back what staff want back."""
    cancellations.send(provider)


@shared_task(base=Task)
def apply_events(*shipment_ids: int) -> None:
    """Bring shipments to where their providers say they are, each by itself."""
    each(events.APPLY, shipment_ids, events.apply)


@shared_task(base=Task)
def open_parked(*event_ids: int) -> None:
    """Open the cases of events whose references nobody here knows."""
    together(opening(cases.PARKED), event_ids, cases.open_parked)


@shared_task(base=Task)
def run_schedule() -> None:
    """Make the shipments that are due today, unless the clock is off; beat ticks it."""
    if may_sweep("run_schedule"):
        run.run_due()
