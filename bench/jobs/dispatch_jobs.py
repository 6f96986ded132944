"""P5: handing parcels and messages over to services that take 50 ms to answer."""

import json
import urllib.request
from collections.abc import Iterator

from bench import commands, fill, world
from bench.jobs import Options
from bench.naive import fill as naive_fill
from bench.report import Figure, Row

LATENCY, COUNT, NAIVE_COUNT = 0.05, 3000, 60
NUMBER = "+254704590344"
PARCELS_ALONE = """
import uuid
from dataclasses import replace
from core.http import Done, send_many
from orders.models import OrderLine
from shipping import providers
from shipping.models import Shipment
provider = providers.get("reference")
limits = replace(provider.limits, concurrency={in_flight})
jobs = []
for shipment in Shipment.objects.filter(state="queued").select_related("order")[:1500]:
    shipment.reference, shipment.key = f"alone-{{shipment.pk}}", uuid.uuid4()
    line = OrderLine(item_id="serum", quantity=1, weight=10)
    jobs.append((provider.create(shipment, [line]), lambda response: Done("")))
"""
PARCELS = """
from dataclasses import replace
from shipping import providers
from shipping.dispatch.queue import dispatch
provider = providers.get("reference")
type(provider).limits = replace(provider.limits, concurrency={in_flight})
"""
MESSAGES_ALONE = """
from core.http import send_many
from notifications.channels import Message
from notifications.channels.africastalking.transport import AfricasTalking
from notifications.delivery.queues import queue_to
limits = queue_to("sms", "africastalking").limits
transport = AfricasTalking()
jobs = [(transport.request(Message("{number}", "Bench")), transport.read)] * 1000
"""
MESSAGES = "from notifications.delivery.queues import dispatch"
ALONE = "len([None for _ in send_many(jobs, limits)])"


def jobs(options: Options) -> Iterator[Row]:
    """Parcels at 50 and at 200 in flight, and messages at what their service allows."""
    with world.sandbox() as url:
        _slow_down(url)
        for in_flight in (50, 200):
            yield _parcels(in_flight, options)
        yield _messages(options)


def _parcels(in_flight: int, options: Options) -> Row:
    ideal = in_flight / LATENCY
    row = Row(f"P5 parcels, {in_flight} in flight", limit_name="client alone")
    for _ in range(options.runs):
        fill.execute("UPDATE shipping_shipment SET state = 'cancelled' WHERE state = 'queued'")
        fill.shipments(COUNT, "queued")
        naive_fill.shipments(NAIVE_COUNT, "queued")
        row.limit.append(_rate(PARCELS_ALONE.format(in_flight=in_flight), ALONE).value)
        row.product.append(_rate(PARCELS.format(in_flight=in_flight), "dispatch()"))
        row.naive.append(_naive("parcels"))
    row.note = f"{100 * row.value / ideal:.0f} % of {ideal:,.0f}/s, the limit of latency"
    return row


def _messages(options: Options) -> Row:
    row = Row("P5 messages", limit_name="client alone")
    for _ in range(options.runs):
        _queue_messages()
        row.limit.append(_rate(MESSAGES_ALONE.format(number=NUMBER), ALONE).value)
        row.product.append(_rate(MESSAGES, "dispatch('sms', 'africastalking')"))
        row.naive.append(_naive("messages"))
    return row


def _rate(setup: str, work: str) -> Figure:
    done, ran = commands.timed("product", setup, work)
    return ran.by(done)


def _naive(name: str) -> Figure:
    setup = f"from bench.naive.__main__ import {name}"
    done, ran = commands.timed("naive", setup, f"{name}({NAIVE_COUNT})")
    return ran.by(done)


def _queue_messages() -> None:
    run = fill.execute
    run("UPDATE notifications_notification SET state = 'suppressed' WHERE state = 'queued'")
    run(
        f"""INSERT INTO notifications_notification (attempts, next_attempt_at, fence, doubtful,
            last_error, source, channel, recipient, subject, message, provider,
            provider_reference, cost, state, created_at, customer_id, when_unknown)
        SELECT 0, now(), 0, false, '', '', 'sms', '{NUMBER}', '', 'Bench ' || n, 'africastalking',
            '', '', 'queued', now(), (SELECT min(id) FROM customers_customer), 'staff'
        FROM generate_series(1, %s) n""",
        COUNT,
    )
    run(
        f"""INSERT INTO naive_notification
            (customer_id, order_id, channel, recipient, message, status, created_at)
        SELECT 1, (SELECT min(id) FROM naive_order), 'sms', '{NUMBER}', 'Bench', 'queued', now()
        FROM generate_series(1, %s)""",
        NAIVE_COUNT,
    )


def _slow_down(url: str) -> None:
    slow = {"latency_ms": 1000 * LATENCY}
    faults = json.dumps({"provider": slow, "africastalking": slow}).encode()
    request = urllib.request.Request(f"{url}/faults", faults, method="PUT")
    urllib.request.urlopen(request, timeout=5).close()
