"""P4 and P5: the schedule's run, and the dispatch to a provider that takes 50 ms to answer."""

import io
import json
import resource
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import date

from django.db import connection

from bench import fill, world
from bench.report import Line, median_and_spread
from core.http import Done, Limits, Outcome, Reader, Request, Response, send_many

DUE = date(2031, 5, 5)
LATENCY = 0.05


def schedule_jobs(due: int = 0) -> Iterator[Line]:
    """N due make N shipments with events; against COPY of as many bare shipments.

    `due`: so many as well (a million take some minutes to fill in).
    """
    fill.customers(1000)
    for number, count in enumerate((10_000, 100_000, *([due] if due else []))):
        day = DUE.replace(month=5 - number)  # earlier each time: the last ones are not due again
        fill.schedules(count, day.isoformat())
        baseline, _ = median_and_spread([_copy(min(count, 20_000)) for _ in range(3)])
        seconds, peak = _run_command(day)
        note = f"{seconds:.1f} s with start-up, {peak:.0f} MB at most"
        job = f"P4 schedule run, {count:,} due"
        yield Line(job, count / seconds, "/s", baseline, "COPY /s", "", note)
    yield _forecast()


def _forecast() -> Line:
    """The forecast of 90 days; against counting the same table."""
    from shipping.models import Schedule
    from shipping.schedules.forecast import forecast

    count = Schedule.objects.count()
    forecast_ms = _milliseconds(lambda: forecast(first=DUE))
    baseline = _milliseconds(Schedule.objects.count)
    job = f"P4 forecast of 90 days, {count:,} schedules"
    return Line(job, forecast_ms, "ms", baseline, "count ms", "", "lower is better")


def _milliseconds(job: Callable[[], object]) -> float:
    def once() -> float:
        start = time.perf_counter()
        job()
        return 1000 * (time.perf_counter() - start)

    return median_and_spread([once() for _ in range(5)])[0]


def _run_command(day: date) -> tuple[float, float]:
    """Seconds, and the memory of the largest child so far in MB."""
    start = time.perf_counter()
    command = [sys.executable, "manage.py", "run_schedule", "--today", day.isoformat()]
    subprocess.run(command, cwd=world.ROOT, check=True, stdout=subprocess.DEVNULL)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return time.perf_counter() - start, peak


def _copy(count: int) -> float:
    """Shipments a second into the real table, with its indexes; taken back."""
    columns = [
        *("order_id", "reference", "key", "provider", "state", "delivery_service", "ship_on"),
        *("attempts", "next_attempt_at", "fence", "doubtful", "last_error", "provider_reference"),
        *("tracking_number", "tracking_url", "created_at", "recipient", "line_1", "line_2"),
        *("city", "postcode", "country"),
    ]
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT id, gen_random_uuid() FROM orders_order LIMIT %s", [count])
        rows = "".join(
            f"{order}\tcopy-{order}\t{key}\treference\tqueued\tstandard\t2031-01-01\t0\tnow\t0\t"
            "f\t\t\t\t\tnow\tJohn\tStreet\t\tLondon\tW2\tGB\n"
            for order, key in cursor.fetchall()
        )
        start = time.perf_counter()
        cursor.copy_expert(
            f"COPY shipping_shipment ({', '.join(columns)}) FROM STDIN", io.StringIO(rows)
        )
        seconds = time.perf_counter() - start
        cursor.execute("ROLLBACK")
    return rows.count("\n") / seconds


def dispatch_jobs() -> Iterator[Line]:
    """Dispatch of 5,000 shipments; against the shared client alone, and the limit of latency."""
    from shipping import providers
    from shipping.dispatch.queue import dispatch
    from shipping.models import Shipment

    fill.customers(1000)
    provider = providers.get("reference")
    ideal = provider.limits.concurrency / LATENCY
    with world.sandbox() as url:
        _slow_down(url)
        Shipment.objects.filter(state="queued").update(state="cancelled")
        fill.shipments(5000, "queued")
        baseline = _client_alone(provider.limits)
        start = time.perf_counter()
        dispatch()
        seconds = time.perf_counter() - start
        sent = Shipment.objects.filter(state="sent", sent_at__isnull=False).count()
    rate = sent / seconds
    note = f"{sent} sent; {100 * rate / ideal:.0f} % of {ideal:,.0f}/s, the limit of latency"
    job = f"P5 dispatch, 50 ms, {provider.limits.concurrency} in flight"
    yield Line(job, rate, "/s", baseline, "client alone /s", "", note)


def _slow_down(url: str) -> None:
    faults = json.dumps({"provider": {"latency_ms": 1000 * LATENCY}}).encode()
    request = urllib.request.Request(f"{url}/faults", faults, method="PUT")
    urllib.request.urlopen(request, timeout=5).close()


def _client_alone(limits: Limits) -> float:
    from orders.models import OrderLine
    from shipping import providers
    from shipping.models import Shipment

    provider = providers.get("reference")
    shipments = Shipment.objects.filter(state="queued").select_related("order")[:2000]
    lines = OrderLine.objects.filter(order__in=[s.order_id for s in shipments])
    by_order: dict[int, list[OrderLine]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append(line)

    def read(response: Response) -> Outcome:
        return Done(str(response.status))

    jobs: list[tuple[Request, Reader]] = []
    for shipment in shipments:
        shipment.reference, shipment.key = f"alone-{shipment.pk}", uuid.uuid4()
        request = provider.create(shipment, by_order[shipment.order_id])
        assert isinstance(request, Request)
        jobs.append((request, read))
    start = time.perf_counter()
    send_many(jobs, limits)
    return len(jobs) / (time.perf_counter() - start)
