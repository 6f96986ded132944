"""What goes wrong with parcels, as cases. One is open exactly while its row is in trouble.

`note` opens, `follow` also closes; both run in the transaction of the change they are about. What
a path forgets, the sweeper brings into step: `troubled` says which rows are wrong now.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from core import cases
from core.cases import Trouble
from shipping.models import Shipment, TrackingEvent
from shipping.states import MOVING, STUCK_STAGE

UNKNOWN = "shipment-unknown"
REJECTED = "shipment-rejected"
FAILED = "shipment-failed"
STUCK = "shipment-stuck"
PARKED = "event-parked"
OF_STATE = {"unknown": UNKNOWN, "rejected": REJECTED, "failed-to-deliver": FAILED}
OF_SHIPMENTS = frozenset(OF_STATE.values())

HAPPENED = {
    "unknown": "It was sent, but no usable answer came: the provider may have it or not.",
    "rejected": "The provider refused it, or could not be reached for three days.",
    "failed-to-deliver": "The carrier could not deliver it.",
}


def note(shipments: Iterable[Shipment]) -> None:
    """Open a case for each that is unknown, rejected or failed to deliver."""
    cases.open(_trouble(shipment) for shipment in shipments if shipment.state in OF_STATE)


def follow(shipment: Shipment, *, by: str, how: str) -> None:
    """Close the cases that are over now, and open the one that its state asks for."""
    over = OF_SHIPMENTS - {OF_STATE.get(shipment.state)}
    cases.settle(over, [shipment.pk], by=by, how=how)
    note([shipment])


def in_state(state: str) -> Callable[[], "QuerySet[Any]"]:
    """Ask for the shipments in a state."""
    return lambda: Shipment.objects.filter(state=state)


def describe(shipments: Sequence[Shipment]) -> list[Trouble]:
    """Their troubles."""
    return [_trouble(shipment) for shipment in shipments]


def _trouble(shipment: Shipment) -> Trouble:
    return Trouble(
        kind=OF_STATE[shipment.state],
        subject=shipment.pk,
        title=f"{shipment.reference} by {shipment.provider}",
        happened=HAPPENED[shipment.state],
        # A failed delivery comes with no words; an older error is another story.
        said="" if shipment.state == "failed-to-deliver" else shipment.last_error,
        source=shipment.provider,
    )


def stuck() -> "QuerySet[Shipment]":
    """The shipments that the watchdog has put before staff, and no news has come of since."""
    return Shipment.objects.filter(state__in=MOVING, quiet=STUCK_STAGE)


def describe_stuck(shipments: Sequence[Shipment]) -> list[Trouble]:
    """Their troubles."""
    return [
        Trouble(
            kind=STUCK,
            subject=shipment.pk,
            title=f"{shipment.reference} by {shipment.provider}",
            happened=f"It is {shipment.state}, and nothing was heard of it since "
            f"{shipment.news_at:%Y-%m-%d %H:%M} UTC.",
            source=shipment.provider,
        )
        for shipment in shipments
    ]


def parked() -> "QuerySet[TrackingEvent]":
    """The first event of each reference that we do not know."""
    earlier = TrackingEvent.objects.filter(
        shipment=None,
        parcel_back=None,
        provider=OuterRef("provider"),
        order_id=OuterRef("order_id"),
        pk__lt=OuterRef("pk"),
    )
    return TrackingEvent.objects.filter(~Exists(earlier), shipment=None, parcel_back=None)


def note_parked(ids: Collection[int]) -> None:
    """Open a case for each of these events that is the first of an unknown reference."""
    if ids:
        cases.open(describe_parked(list(parked().filter(pk__in=ids))))


def describe_parked(events: Sequence[TrackingEvent]) -> list[Trouble]:
    """Their troubles."""
    return [
        Trouble(
            kind=PARKED,
            subject=event.pk,
            title=f"{event.order_id} by {event.provider}",
            happened=f"{event.provider} reports a parcel that we have not given it.",
            said=f"{event.event_name} at {event.event_time:%Y-%m-%d %H:%M:%S} UTC",
            source=event.provider,
        )
        for event in events
    ]


def found(ids: Collection[int], *, by: str = "system") -> None:
    """Close the cases of these events: they have their shipment."""
    cases.settle(PARKED, ids, by=by, how="Its shipment is known.")
