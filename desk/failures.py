"""Work of ours that fails, in the queue of cases: staff see that something is left out, and why."""

from django.db.models import QuerySet

from core import cases, failures
from core.cases import Action, Kind
from core.database import clock
from core.models import Failure

VIEW, CHANGE = "shipping.view_shipment", "shipping.change_shipment"


def _try_now(failure: Failure, *, by: str, reason: str) -> None:
    Failure.objects.filter(pk=failure.pk).update(next_attempt_at=clock.now())


def _all() -> QuerySet[Failure]:
    return Failure.objects.all()


def register() -> None:
    """Tell the queue. It closes by itself alone: until then something is left out."""
    cases.register(
        Kind(
            failures.KIND,
            "Work of ours that fails",
            Failure,
            "shipping",
            VIEW,
            actions=[
                Action(
                    "try-now",
                    "Try it now",
                    CHANGE,
                    "The sweeper tries it again within seconds.",
                    run=_try_now,
                )
            ],
            subjects=_all,
            to_cases=failures.to_cases,
        )
    )
