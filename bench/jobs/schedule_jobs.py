"""P4: runs of the schedules, by one worker and by two."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import connection

from bench import commands, fill
from bench.jobs import Options, limits
from bench.naive import fill as naive_fill
from bench.report import Row

NAIVE_DUE = 2000  # it goes row by row, so its rate needs no more
COPIED = 20_000
FIRST = date(2031, 5, 5)


def jobs(options: Options) -> Iterator[Row]:
    """Many due at once; each run has an earlier day, so that what ran before is not due again."""
    due = max(min(100_000, options.orders // 10), options.due)
    one = Row(f"P4 schedule run, {due:,} due", limit_name="COPY of shipments")
    two = Row(f"P4 two workers, {due:,} due", limit_name="one worker")
    peaks = []
    for number in range(options.runs):
        day = FIRST - timedelta(days=2 * number)
        fill.schedules(due, day.isoformat())
        ran = _run(day, workers=1)
        one.product.append(ran.by(due))
        peaks.append(ran.peak)
        naive_fill.schedules(NAIVE_DUE, day.isoformat())
        command = ["-m", "bench.naive", "schedule", day.isoformat()]
        one.naive.append(commands.run("naive", command).by(NAIVE_DUE))
        one.limit.append(_copy())
        day -= timedelta(days=1)
        fill.schedules(due, day.isoformat())
        two.product.append(_run(day, workers=2).by(due))
        two.limit.append(one.product[-1].value)
    one.note = f"with start-up; {max(peaks):.0f} MB at most; naive: {NAIVE_DUE:,} due"
    yield one
    yield two


def _run(day: date, workers: int) -> commands.Ran:
    command = ["manage.py", "run_schedule", "--today", day.isoformat()]
    return commands.run("product", *[command] * workers)


def _copy() -> float:
    """Shipments a second into the real table, with its indexes; taken back."""
    columns = (
        "order_id, reference, key, provider, state, delivery_service, ship_on, attempts, "
        "next_attempt_at, fence, doubtful, last_error, provider_reference, tracking_number, "
        f"tracking_url, created_at, {fill.ADDRESS_COLUMNS}"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, gen_random_uuid() FROM orders_order LIMIT %s", [COPIED])
        rows = "".join(
            f"{order}\tcopy-{order}\t{key}\treference\tqueued\tstandard\t2031-01-01\t0\tnow\t0\t"
            "f\t\t\t\t\tnow\tJohn\tStreet\t\tLondon\tW2\tGB\n"
            for order, key in cursor.fetchall()
        )
    return limits.copy("shipping_shipment", columns, rows)
