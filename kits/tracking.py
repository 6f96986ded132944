"""What carriers report of kits: on the way out by their parcel, on the way back by their label."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import QuerySet

from core import cases
from core.database import clock
from core.database.folding import NumberKey
from core.workflow import transition_locked
from kits import cases as kit_cases
from kits.models import Kit, Lot
from kits.models.locking import lock_with_order
from kits.places import PACKABLE, free_places, is_place_free, places_of
from kits.states import OUT
from orders.models import OrderEvent
from shipping.models import Shipment, TrackingEvent

# A parcel's state -> that of its kits. A carrier that failed to deliver has them still.
OF_PARCEL = {"in-transit": "sent", "failed-to-deliver": "sent", "delivered": "delivered"}
# A carrier may report the label of a kit in these, once it has one.
_MAY_COME_BACK = OUT | {"received", "accepted", "rejected", "in-lab", "resulted"}


def parcel_moved(parcel: Shipment, from_state: str, to_state: str, *, by: str) -> None:
    """Bring the kits in a parcel to where the parcel is, in the caller's transaction.

    One that leaves without a kit that it should hold is a case.
    """
    state = OF_PARCEL.get(to_state)
    if state is None:
        return
    kits, is_here = Kit.objects.filter(shipment=parcel).order_by("pk"), False
    for kit in kits.select_for_update(of=("self",), no_key=True):
        if state in Kit.WORKFLOW.transitions[kit.state] and kit.state in ("packed", "sent"):
            is_here = is_here or state == "delivered"
            delivered_at = clock.now() if state == "delivered" else None
            detail = f"parcel {parcel.reference}"
            transition_locked(kit, state, by=by, detail=detail, delivered_at=delivered_at)
    if is_here:
        OrderEvent.objects.create(
            order=parcel.order, kind="kit-delivered", actor=by, detail=f"parcel {parcel.reference}"
        )
    if from_state in PACKABLE:
        _check_contents(parcel)


def _check_contents(parcel: Shipment) -> None:
    tracked = Lot.objects.filter(product__item_id__in={p.kit_type for p in places_of(parcel)})
    types = set(tracked.values_list("product__item_id", flat=True).distinct())
    lacking = [place.kit_type for place in free_places(parcel) if place.kit_type in types]
    if lacking:
        cases.open([kit_cases.left_without(parcel, lacking)])


def unclaimed() -> QuerySet[TrackingEvent]:
    """Events of references that are nobody's, and that no kit has claimed."""
    return TrackingEvent.objects.filter(shipment=None, parcel_back=None, applied_at=None)


def claim(ids: Collection[int]) -> int:
    """Apply those of these events that are about the return label of a kit; how many.

    The first that a carrier says of a label moves the kit; where it does not fit, it is a case.
    """
    events = unclaimed().filter(pk__in=ids).annotate(label=NumberKey("order_id")).order_by("pk")
    by_label: dict[str, list[TrackingEvent]] = {}
    for event in events:
        by_label.setdefault(event.label, []).append(event)
    kits = Kit.objects.filter(return_tracking__in=by_label).order_by("pk")
    return sum(_apply(kit, by_label[str(kit.return_tracking)]) for kit in kits)


@transaction.atomic
def _apply(kit: Kit, events: Sequence[TrackingEvent]) -> int:
    locked = lock_with_order(kit)
    if str(locked.return_tracking) != str(kit.return_tracking):
        return 0  # it was unpacked meanwhile: the event is nobody's
    first = events[0]
    by = f"provider:{first.provider}"
    has_turned_up = locked.state == "lost" and is_place_free(locked)
    if locked.state not in _MAY_COME_BACK and not has_turned_up:
        cases.open([kit_cases.unexpected_label(locked, first)])
    elif "returning" in Kit.WORKFLOW.transitions[locked.state]:
        detail = f"return label {locked.return_tracking}: {first.event_name}"
        transition_locked(locked, "returning", by=by, detail=detail)
    keys = [event.pk for event in events]
    return unclaimed().filter(pk__in=keys).update(applied_at=clock.now())


@transaction.atomic
def registered(serial: str, *, by: str) -> None:
    """Move the kit of a sample that was registered; one that is back already stays where it is."""
    kit = Kit.objects.filter(serial=serial).first()
    if kit is None:
        return
    locked = lock_with_order(kit)
    if "registered" in Kit.WORKFLOW.transitions[locked.state]:
        transition_locked(locked, "registered", by=by)
