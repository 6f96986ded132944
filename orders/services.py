"""The verbs of orders. Each writes one OrderEvent in the transaction of the change."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from core.database.unit_of_work import unit_of_work
from core.workflow import TransitionNotAllowedError, transition
from customers import contact_channels
from customers.models import Customer
from customers.services import Added, add_address, lock
from orders import cases
from orders.models import Order, OrderEvent, OrderLine, Product, ProductKind
from orders.models.locking import lock_order
from orders.rules import Lines, check_address, check_lines, check_price

LONGEST_ITEM = 255


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where, how fast and how often. `address` holds the six fields of an address.

    `is_kept`: it stands in the customer's address book, and ships though the rules for addresses
    have become stricter since.
    """

    address: Mapping[str, str] = field(default_factory=dict)
    service: str = "standard"
    interval: str = "none"
    is_kept: bool = False

    @classmethod
    def to_default_of(cls, customer: Customer) -> "Delivery":
        """To the customer's default address; nowhere yet when there is none."""
        address = customer.default_address
        return cls(address.address() if address else {}, is_kept=True)


def place_sale(
    customer: Customer,
    *,
    item: str,
    amount: Decimal,
    currency: str,
    by: str,
    address: Mapping[str, str] | None = None,
) -> Order:
    """Record the sale of something in words, at a price: no lines and no parcel.

    An address is kept with it, for whoever delivers it. Raises ValidationError, on `amount` or
    `currency`, for a price that nobody can pay, and for lines of an address, by their names.
    """
    check_price(amount, currency)
    lines = check_address(address) if address else {}
    order = Order(customer=customer, item=item, amount=amount, currency=currency, **lines)
    return _write(order, [], by)


def place_order(
    customer: Customer,
    *,
    lines: Sequence[tuple[Product, int]],
    delivery: Delivery,
    by: str,
    channel: str = "",
) -> Order:
    """Order products; prices and weights are those of today.

    Its notification and shipment are written by the receivers of the event, in this transaction.
    Raises ValidationError for lines that the rules refuse (`items`), for a channel that does not
    exist or does not reach the customer (`channel`), for a recurring order without an address
    (`delivery_address`), and for lines of an address that cannot be printed (by their names).
    """
    amount, currency = check_lines(lines)
    address = dict(delivery.address)
    if address and not delivery.is_kept:
        address = check_address(address)
    elif not address and delivery.interval != "none":
        raise ValidationError({"delivery_address": "A recurring order needs an address."})
    if channel:
        contact_channels.check(customer, channel)
    order = Order(
        customer=customer,
        item=summary(lines),
        kit_type=kit_type_of(lines),
        channel=channel,
        amount=amount,
        currency=currency,
        delivery_service=delivery.service,
        shipping_interval=delivery.interval,
        **address,
    )
    return _write(order, lines, by)


def place_dna_kit_order(
    customer: Customer,
    *,
    kit: Product,
    by: str,
    channel: str = "",
    address: Mapping[str, str] | None = None,
) -> Order:
    """Order one DNA kit, to the customer's default address when none is given.

    Without either it waits for one. Raises ValidationError as `place_order` does.
    """
    delivery = Delivery(address) if address else Delivery.to_default_of(customer)
    return place_order(customer, lines=[(kit, 1)], delivery=delivery, by=by, channel=channel)


@transaction.atomic
def set_address(
    order: Order, address: Mapping[str, str], *, by: str, detail: str = "", is_kept: bool = False
) -> Order:
    """Give an order the address it lacked, so that it ships.

    Raises ValidationError when it does not wait for one, or for lines that cannot be printed; those
    that are kept in an address book were looked at when they came there.
    """
    lines = dict(address) if is_kept else check_address(address)
    locked = lock_order(order.pk)
    if not locked.awaits_address:
        raise ValidationError(f"Order {locked.number} does not wait for an address.", "has_address")
    for name, value in lines.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(lines))
    OrderEvent.objects.create(order=locked, kind="address-set", actor=by, detail=detail)
    cases.close_waiting(locked, by=by)
    return locked


@transaction.atomic
def give_address(
    order: Order, address: Mapping[str, str], *, by: str, detail: str = ""
) -> Added | None:
    """Give an order the address it lacked; of a customer who has none it becomes the first one.

    Gives what became of it then: their other orders that wait go there too. Raises as `set_address`
    does. For the customer, and for staff who speak with them: a program says whose an address is.
    """
    lock(order.customer)
    placed = set_address(order, address, by=by, detail=detail)
    if order.customer.addresses.exists():
        return None
    return add_address(order.customer, placed.address(), by=by)


@transaction.atomic
def correct_address(order: Order, address: Mapping[str, str], *, by: str) -> Order:
    """Change where an order's later parcels go; nothing for one that has this address.

    The event says which lines changed, not what they say. Raises ValidationError for lines that
    cannot be printed.
    """
    lines = check_address(address)
    locked = lock_order(order.pk)
    changed = [name for name, value in lines.items() if getattr(locked, name) != value]
    if changed:
        Order.objects.filter(pk=order.pk).update(**lines)
        detail = f"changed: {', '.join(changed)}"
        OrderEvent.objects.create(order=locked, kind="address-corrected", actor=by, detail=detail)
    return locked


def cancel_order(order: Order, *, by: str, reason: str = "") -> Order:
    """Cancel an order and, through the event's receivers, its schedule and unsent shipments.

    Raises TransitionNotAllowedError when it has shipped or is cancelled, or when a parcel has
    already been handed to a provider; nothing has changed then.
    """
    waited = order.awaits_address
    with transaction.atomic():
        transition(order, "cancelled", by=by, detail=reason)
        if waited:
            cases.close_waiting(order, by=by, how="It was cancelled.")
    return order


def advance_order(order: Order, state: str, *, by: str) -> None:
    """Bring an order to where its parcels are; does nothing when it cannot go there."""
    if state not in Order.WORKFLOW.transitions[order.state]:
        return
    with suppress(TransitionNotAllowedError):  # it went elsewhere since this copy of it was read
        transition(order, state, by=by)


def _write(order: Order, lines: Lines, by: str) -> Order:
    """Write the order, then in one go its lines, its event and what the event's receivers add."""
    with unit_of_work() as unit:
        order.save(force_insert=True)
        remember(order, unit.add_many(as_lines(order, lines)))
        unit.add(OrderEvent(order=order, kind="placed", to_state=order.state, actor=by))
        if order.awaits_address:
            cases.open_waiting(order)
    return order


def remember(order: Order, lines: Sequence[OrderLine]) -> None:
    """Let `order.lines.all()` answer without a query, as after `prefetch_related`."""
    known = OrderLine.objects.filter(order=order)
    known._result_cache = list(lines)
    order._prefetched_objects_cache = {"lines": known}  # type: ignore[attr-defined]  # as prefetch_related leaves it


def summary(lines: Lines) -> str:
    """What was ordered, in words."""
    text = ", ".join(p.name if n == 1 else f"{n} × {p.name}" for p, n in lines)
    return text if len(text) <= LONGEST_ITEM else text[: LONGEST_ITEM - 1] + "…"


def kit_type_of(lines: Lines) -> str:
    """The type of the DNA kit among them; empty when there is none."""
    kits = [product.item_id for product, _ in lines if product.kind == ProductKind.DNA_KIT]
    return kits[0] if kits else ""


def as_lines(order: Order, lines: Lines) -> list[OrderLine]:
    """Lines of an order, not saved, at the prices and weights of today."""
    return [
        OrderLine(
            order=order,
            product=product,
            item_id=product.item_id,
            name=product.name,
            quantity=quantity,
            weight=product.weight,
            unit_price=product.price,
        )
        for product, quantity in lines
    ]
