"""What is held of a customer's orders, and what of it can be erased."""

from collections.abc import Iterator

from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import NotErasableError, Part, Row, Subject, values
from orders.models import Order, OrderEvent, OrderLine, OrderRevision

ERASED = "erased"
OPEN_STATES = ("placed", "active", "shipped")


def _orders(subject: Subject) -> Iterator[Row]:
    address = ("recipient", "line_1", "line_2", "city", "postcode", "country")
    columns = ("number", "item", "kit_type", "amount", "currency", "state", "time")
    return values(Order.objects.filter(customer=subject.key), *columns, *address)


def _lines(subject: Subject) -> Iterator[Row]:
    rows = OrderLine.objects.filter(order__customer=subject.key)
    return values(rows, "order__number", "name", "quantity", "unit_price")


def _events(subject: Subject) -> Iterator[Row]:
    rows = OrderEvent.objects.filter(order__customer=subject.key)
    return values(rows, "order__number", "kind", "from_state", "to_state", "at", "detail")


def _revisions(subject: Subject) -> Iterator[Row]:
    rows = OrderRevision.objects.filter(order__customer=subject.key)
    return values(rows, "order__number", "item", "kit_type", "amount", "lines", "replaced_at")


def _erase_addresses(subject: Subject) -> int:
    orders = Order.objects.filter(customer=subject.key)
    if open_order := orders.filter(state__in=OPEN_STATES).first():
        raise NotErasableError(
            f"Order {open_order.number} is under way. Cancel it, or wait until it is delivered."
        )
    with_address = orders.exclude(line_1__in=("", ERASED))
    lines = dict.fromkeys(("line_2", "city", "postcode"), "")
    return with_address.update(recipient=ERASED, line_1=ERASED, **lines)


PARTS = (
    Part(
        "orders",
        "customer",
        _orders,
        _erase_addresses,
        "What was ordered when, for how much, and to which country: the law on bookkeeping asks "
        "for it.",
    ),
    Part("order_lines", "customer", _lines, kept="As the orders."),
    Part("order_revisions", "customer", _revisions, kept="As the orders."),
    Part(
        "order_events",
        "customer",
        _events,
        empties("order_events"),
        "What was done with an order, when and by whom; what was said of it is gone.",
    ),
)
