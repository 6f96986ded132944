"""The requests that are sent to both web servers; imported by the load's processes, so light."""

import json
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from bench.load import Call


def create(
    authorization: dict[str, str], customers: list[int], products: list[str], number: int
) -> Call:
    """An order of two lines with an Idempotency-Key of its own."""
    body = {
        "customer": customers[number // 10 % len(customers)],
        "items": [{"item_id": item, "quantity": 1} for item in products],
        "delivery_service": "standard",
        "delivery_address": {
            "recipient": "John Doe",
            "line_1": "The battleship building",
            "line_2": "179 harrow road",
            "city": "London",
            "postcode": "W2 6NB",
            "country": "GB",
        },
    }
    headers = authorization | {
        "Content-Type": "application/json",
        "Idempotency-Key": f"bench-{number}",
    }
    return Call("POST", "/api/v1/orders/", headers, json.dumps(body).encode())


def get(path: str, headers: dict[str, str], number: int) -> Call:
    """A page."""
    return Call("GET", path, headers)


def event(secret: str, references: list[str], number: int) -> Call:
    """A signed event that was never sent before."""
    reference = references[number // 10 % len(references)]
    when = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(seconds=number // 10 % 90_000_000)
    body = json.dumps(
        {
            "order_id": reference,
            "event_name": "in-transit",
            "event_time": when.strftime("%Y-%m-%d %H:%M:%S"),
        }
    )
    now = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"bench-{number}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(f"bench-{number}", now, body),
    }
    return Call("POST", "/api/v1/webhooks/shipping/reference/", headers, body.encode())
