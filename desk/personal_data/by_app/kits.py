"""What is held of the kits that a customer was sent."""

from collections.abc import Iterator

from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import Part, Row, Subject, values
from kits.models import Kit, KitEvent, Replacement

KEPT = "Which kit was packed for which parcel: without it a sample could be taken for another's."
STEPS = "What was done, when and by whom; what was written of it was taken out."
EVENT = ("kind", "from_state", "to_state", "at", "actor", "detail")


def _kits(subject: Subject) -> Iterator[Row]:
    rows = Kit.objects.filter(shipment__order__customer=subject.key)
    columns = ("serial", "lot__product__item_id", "lot__number", "state", "return_tracking")
    return values(rows, "shipment__reference", *columns, "packed_at")


def _events(subject: Subject) -> Iterator[Row]:
    rows = KitEvent.objects.filter(kit__shipment__order__customer=subject.key)
    return values(rows, "kit__serial", *EVENT)


def _replacements(subject: Subject) -> Iterator[Row]:
    rows = Replacement.objects.filter(order__customer=subject.key)
    return values(rows, "kit__serial", "order__number", "actor", "created_at")


PARTS = (
    Part("kits", "customer", _kits, kept=KEPT),
    Part("kit_replacements", "customer", _replacements, kept=KEPT),
    Part("kit_events", "customer", _events, empties("kit_events"), kept=STEPS),
)
