"""P5 for messages: the dispatch to a service that takes 50 ms to answer."""

import json
import time
import urllib.request
from collections.abc import Iterator

from bench import world
from bench.report import Line
from core.http import Reader, Request, send_many

LATENCY, COUNT = 0.05, 3000
NUMBER = "+254704590344"


def message_jobs() -> Iterator[Line]:
    """Dispatch of 3,000 SMS; against the shared client alone, and the limit of latency.

    A worker that dies makes what it had claimed unknown, so only twice as many are claimed as may
    be in flight (docs/decisions/0007-messages-once.md): that is what the aim of parcels misses.
    """
    from notifications.delivery.queues import dispatch, queue_to
    from notifications.models import Notification

    limits = queue_to("sms", "africastalking").limits
    _fill()
    with world.sandbox() as url:
        _slow_down(url)
        jobs = _jobs(1000)
        start = time.perf_counter()
        send_many(jobs, limits)
        baseline = len(jobs) / (time.perf_counter() - start)
        start = time.perf_counter()
        dispatch("sms", "africastalking")
        seconds = time.perf_counter() - start
    sent = Notification.objects.filter(state="sent", message__startswith="Bench").count()
    ideal = limits.concurrency / LATENCY
    note = f"{sent} sent; {100 * sent / seconds / ideal:.0f} % of {ideal:,.0f}/s, of latency"
    job = f"P5 messages, 50 ms, {limits.concurrency} in flight"
    yield Line(job, sent / seconds, "/s", baseline, "client alone /s", "", note)


def _fill() -> None:
    from customers.models import Customer
    from notifications.models import Notification

    customer = Customer.objects.create(name="Bench", phone_number=NUMBER)
    Notification.objects.filter(state="queued").update(state="suppressed")
    Notification.objects.bulk_create(
        Notification(
            customer=customer,
            channel="sms",
            recipient=NUMBER,
            provider="africastalking",
            message=f"Bench {number}",
        )
        for number in range(COUNT)
    )


def _jobs(count: int) -> list[tuple[Request, Reader]]:
    from notifications.channels import Message
    from notifications.channels.africastalking.transport import AfricasTalking

    transport = AfricasTalking()
    request = transport.request(Message(NUMBER, "Bench"))
    return [(request, transport.read)] * count


def _slow_down(url: str) -> None:
    faults = json.dumps({"africastalking": {"latency_ms": 1000 * LATENCY}}).encode()
    order = urllib.request.Request(f"{url}/faults", faults, method="PUT")
    urllib.request.urlopen(order, timeout=5).close()
