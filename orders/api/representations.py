"""Orders as the API shows them: plain rows with their lines (core/api/rows.py).

`OrderSerializer` says the same shape for the OpenAPI document; a test holds the two together.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet

from core.api.rows import Json, RelatedRows, Rows, time_json
from customers.models import ADDRESS_FIELDS
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
_LINES = RelatedRows(
    OrderLine.objects.filter(order=OuterRef("pk")).order_by("id").values(*LINE_COLUMNS)
)


def order_rows(orders: QuerySet[Any]) -> Rows:
    """Rows of these orders for `order_json`, each with its lines."""
    rows: Rows = orders.annotate(line_rows=_LINES).values(*COLUMNS, "line_rows")
    return rows


def order_json(row: Json) -> Json:
    """One order."""
    address = {name: row[name] for name in ADDRESS_FIELDS} if row["line_1"] else None
    return {
        "id": row["id"],
        "number": row["number"],
        "customer": row["customer_id"],
        "item": row["item"],
        "kit_type": row["kit_type"] or None,
        "channel": row["channel"] or None,
        "amount": f"{row['amount']:.2f}",
        "currency": row["currency"],
        "time": time_json(row["time"]),
        "status": row["state"],
        "lines": row["line_rows"],
        "delivery_service": row["delivery_service"] or None,
        "delivery_address": address,
        "shipping_interval": row["shipping_interval"],
    }


def placed_json(order: Order) -> Json:
    """The same of an order that was just written; no statement when its lines are known."""
    row = {name: getattr(order, name) for name in COLUMNS}
    lines = ({name: getattr(line, name) for name in LINE_COLUMNS} for line in order.lines.all())
    row["line_rows"] = [line | {"unit_price": f"{line['unit_price']:.2f}"} for line in lines]
    return order_json(row)


_kit_orders = order_rows(DnaKitOrder.objects.order_by("-id"))


def kit_orders_json(customers: Iterable[int]) -> dict[int, list[Json]]:
    """Every DNA kit order of the customers with these keys, newest first, by the key."""
    by_customer: dict[int, list[Json]] = defaultdict(list)
    for row in _kit_orders.filter(customer_id__in=customers):
        by_customer[row["customer_id"]].append(order_json(row))
    return by_customer
