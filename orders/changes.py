"""An order that was placed is changed: where it goes, how fast, and what is in it.

What was handed over stays as it was sent: `OrderRevision` keeps the contents that it had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from core.workflow import TransitionNotAllowedError
from customers.models import ADDRESS_FIELDS
from orders.models import Order, OrderChange, OrderEvent, OrderLine, OrderRevision
from orders.models.locking import lock_order
from orders.rules import Lines, check_address, check_lines, check_total
from orders.services import as_lines, kit_type_of, remember, set_address, summary

CHANGEABLE = frozenset({"placed", "active"})
WRITTEN = (*ADDRESS_FIELDS, "delivery_service", "item", "kit_type", "amount")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order is to become; what is None stays as it is.

    `include_unsent`: its parcels that are made, but not handed over yet, are changed too. Without,
    only those that are made from now on; an order that ships once has one parcel, which is.
    """

    address: Mapping[str, str] | None = None
    lines: Lines | None = None
    service: str | None = None
    include_unsent: bool = False

    @property
    def named(self) -> frozenset[str]:
        """The parts of the order that it is about."""
        parts = {"address": self.address, "items": self.lines, "delivery_service": self.service}
        return frozenset(name for name, value in parts.items() if value is not None)


@transaction.atomic
def change(order: Order, wanted: Wanted, *, by: str) -> Order:
    """Change an order; gives it as it is then, with its lines.

    A line that stays keeps its price and weight, a new one has those of its product today. The
    event names what changed, not the lines of the address. Its receivers refuse what has left.
    Raises TransitionNotAllowedError for an order that has ended or has no parcel, and
    ValidationError, by field, for what could not be ordered like that.
    """
    if wanted.address is not None:
        wanted = replace(wanted, address=check_address(wanted.address))
    locked = lock_order(order.pk)
    _check_changeable(locked)
    changed = _set_fields(locked, wanted)
    revision = _replace_lines(locked, wanted.lines) if wanted.lines is not None else None
    if revision:
        changed.append(f"items (now {locked.item}: {locked.amount} {locked.currency})")
    if changed or (wanted.include_unsent and wanted.named):
        locked.save(update_fields=WRITTEN)
        detail = _detail(changed)
        _note(locked, OrderChange(wanted.named, detail, revision, wanted.include_unsent), by)
    return locked


@transaction.atomic
def send_elsewhere(order: Order, address: Mapping[str, str], *, by: str) -> tuple[Order, list[str]]:
    """Send an order elsewhere, with its parcels that nobody has yet; which lines changed, too.

    One that waits for an address gets it, and ships. Raises as `change` does.
    """
    lines = check_address(address)
    locked = lock_order(order.pk)
    changed = [name for name, line in lines.items() if getattr(locked, name) != line]
    if locked.awaits_address:
        return set_address(locked, lines, by=by), changed
    if not changed:
        return locked, []
    return change(locked, Wanted(address=lines, include_unsent=True), by=by), changed


def _check_changeable(order: Order) -> None:
    if order.state not in CHANGEABLE:
        raise TransitionNotAllowedError(
            f"Order {order.number} is {order.state}: it cannot be changed."
        )
    if order.awaits_address:
        raise TransitionNotAllowedError(
            f"Order {order.number} waits for an address: give it one first."
        )
    if not order.ships:
        raise TransitionNotAllowedError(
            f"No parcel belongs to order {order.number}: there is nothing to change."
        )


def _set_fields(order: Order, wanted: Wanted) -> list[str]:
    """Set address and service; the names of the fields that changed."""
    values = {**(wanted.address or {})}
    if wanted.service is not None:
        values["delivery_service"] = wanted.service
    changed = [name for name, value in values.items() if getattr(order, name) != value]
    for name in changed:
        setattr(order, name, values[name])
    return changed


def _replace_lines(order: Order, wanted: Lines) -> OrderRevision | None:
    """Replace the lines of an order; what they were, or None when they are the same."""
    _, currency = check_lines(wanted)
    if currency != order.currency:
        text = f"This order is in {order.currency}: order what is priced in {currency} separately."
        raise ValidationError({"items": ValidationError(text, "mixed_currencies")})
    before = {line.product_id: line for line in order.lines.all()}
    if {pk: line.quantity for pk, line in before.items()} == {p.pk: n for p, n in wanted}:
        return None
    revision = OrderRevision.of(order)
    revision.save(force_insert=True)
    lines = as_lines(order, wanted)
    for line in lines:
        if kept := before.get(line.product_id):
            line.unit_price, line.weight, line.name = kept.unit_price, kept.weight, kept.name
    order.amount = sum((line.unit_price * line.quantity for line in lines), Decimal("0.00"))
    check_total(order.amount)
    order.item, order.kit_type = summary(wanted), kit_type_of(wanted)
    order.lines.all().delete()
    remember(order, OrderLine.objects.bulk_create(lines))
    return revision


def _detail(changed: list[str]) -> str:
    return f"changed: {', '.join(changed)}" if changed else "as it is"


def _note(order: Order, made: OrderChange, by: str) -> None:
    event = OrderEvent(order=order, kind="changed", actor=by, detail=made.detail[:500])
    event.change = made
    event.save(force_insert=True)
