"""Orders as the API shows them: plain rows, two statements for a page of any size.

Model instances and nested serializers cost five times as much, and lists are read most of all.
`OrderSerializer` says the same shape for the OpenAPI document; a test holds the two together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rest_framework.fields import DateTimeField

from customers.models import ADDRESS_FIELDS, Customer
from orders.models import DnaKitOrder, Order, OrderLine

COLUMNS = (
    "id",
    "number",
    "customer_id",
    "item",
    "kit_type",
    "channel",
    "amount",
    "currency",
    "time",
    "state",
    "delivery_service",
    "shipping_interval",
    *ADDRESS_FIELDS,
)
LINE_COLUMNS = ("item_id", "name", "quantity", "weight", "unit_price")
Json = dict[str, Any]

_time = DateTimeField().to_representation


def orders_json(rows: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Rows of COLUMNS with their lines, which take one statement."""
    lines: dict[int, list[Json]] = defaultdict(list)
    wanted = OrderLine.objects.filter(order_id__in=[row["id"] for row in rows])
    for line in wanted.values("order_id", *LINE_COLUMNS):
        lines[line["order_id"]].append(_line_json(line))
    return [_order_json(row, lines[row["id"]]) for row in rows]


def order_json(order: Order) -> Json:
    """One order; no statement when its lines are known."""
    row = {name: getattr(order, name) for name in COLUMNS}
    lines = ({name: getattr(line, name) for name in LINE_COLUMNS} for line in order.lines.all())
    return _order_json(row, [_line_json(line) for line in lines])


def kit_orders_json(customers: Iterable[Customer]) -> dict[int, list[Json]]:
    """Every DNA kit order of each of these customers, newest first, by the customer's key."""
    keys = [customer.pk for customer in customers]
    rows = DnaKitOrder.objects.filter(customer_id__in=keys).order_by("-id").values(*COLUMNS)
    by_customer: dict[int, list[Json]] = defaultdict(list)
    for order in orders_json(rows):
        by_customer[order["customer"]].append(order)
    return by_customer


def _order_json(row: Mapping[str, Any], lines: list[Json]) -> Json:
    address = {name: row[name] for name in ADDRESS_FIELDS}
    return {
        "id": row["id"],
        "number": row["number"],
        "customer": row["customer_id"],
        "item": row["item"],
        "kit_type": row["kit_type"] or None,
        "channel": row["channel"] or None,
        "amount": f"{row['amount']:.2f}",
        "currency": row["currency"],
        "time": _time(row["time"]),
        "status": row["state"],
        "lines": lines,
        "delivery_service": row["delivery_service"] or None,
        "delivery_address": address if row["line_1"] else None,
        "shipping_interval": row["shipping_interval"],
    }


def _line_json(line: Mapping[str, Any]) -> Json:
    return {
        "item_id": line["item_id"],
        "name": line["name"],
        "quantity": line["quantity"],
        "weight": line["weight"],
        "unit_price": f"{line['unit_price']:.2f}",
    }
