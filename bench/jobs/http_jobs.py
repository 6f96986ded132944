"""P1 to P3 over HTTP, each in turns with the empty endpoint on the same server."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from standardwebhooks import Webhook

from bench import fill, load, world
from bench.load import Call, Load, Script
from bench.report import Line, median_and_spread

ROUNDS = 3


def empty(token: str, number: int) -> Call:
    """The baseline."""
    return Call("GET", "/bench/empty/", {"Authorization": f"Bearer {token}"})


def create(token: str, customer: int, number: int) -> Call:
    """An order of two lines with an Idempotency-Key of its own."""
    body = {
        "customer": customer,
        "items": [{"item_id": "bench-1", "quantity": 2}, {"item_id": "bench-2", "quantity": 1}],
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
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"bench-{number}",
    }
    return Call("POST", "/api/v1/orders/", headers, json.dumps(body).encode())


def listing(token: str, number: int) -> Call:
    """A page of 50 orders."""
    return Call("GET", "/api/v1/orders/", {"Authorization": f"Bearer {token}"})


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


def jobs(seconds: float, big: int, only: Sequence[str] = ()) -> Iterator[Line]:
    """P1, P2 at 10,000 and at `big` orders, P3; of these, those that are named."""
    every = {"p1", "p2", "p3"}
    wanted = every if "http" in only else every & set(only) or every
    fill.customers(1000)
    customer = _products_and_customer()
    with world.sandbox(), world.web() as url:
        token = world.token()
        turn = partial(_against_empty, url, token, seconds)
        if "p1" in wanted:
            yield turn("P1 create an order", partial(create, token, customer))
        for count in (10_000, big) if "p2" in wanted else ():
            fill.orders(count)
            yield turn(f"P2 list 50 of {count:,} orders", partial(listing, token))
        if "p3" in wanted:
            references = fill.shipments(5000, "sent")
            secret = settings.REFERENCE_PROVIDER_SECRET.split(",")[0]
            yield turn("P3 webhook event stored", partial(event, secret, references))


def _products_and_customer() -> int:
    from customers.models import Customer
    from orders.models import Product

    for number in (1, 2):
        Product.objects.get_or_create(
            item_id=f"bench-{number}",
            defaults={
                "name": f"Bench {number}",
                "kind": "goods",
                "weight": 10,
                "price": 25,
                "currency": "GBP",
            },
        )
    return int(Customer.objects.filter(code__startswith="B-").values_list("pk", flat=True)[0])


def _against_empty(url: str, token: str, seconds: float, job: str, script: Script) -> Line:
    base = partial(empty, token)
    load.run(url, script, seconds=0.5)
    rounds = [(_run(url, base, seconds), _run(url, script, seconds)) for _ in range(ROUNDS)]
    value, spread = median_and_spread([measured.rate for _, measured in rounds])
    baseline, _ = median_and_spread([nothing.rate for nothing, _ in rounds])
    last = rounds[-1][1]
    note = f"p50 {last.p50:.1f} ms, p99 {last.p99:.1f} ms, {last.errors} errors"
    return Line(job, value, "/s", baseline, "empty endpoint /s", spread, note)


def _run(url: str, script: Script, seconds: float) -> Load:
    return load.run(url, script, seconds=seconds)
