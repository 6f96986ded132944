"""P1 to P3: placing orders, lists and webhooks over HTTP, on both web servers in turns."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection

from bench import fill, world
from bench.jobs import Options, calls, limits
from bench.load import Script
from bench.naive import fill as naive_fill
from bench.report import Figure, Row
from bench.world import Measured, Web

MOVING = 5000  # parcels that are reported of


def create_jobs(options: Options) -> Iterator[Row]:
    """Orders of two lines with an address and a key of their own."""
    ours = _column("SELECT id FROM customers_customer WHERE code LIKE 'B-%' LIMIT 1000")
    naive = _column("SELECT id FROM naive_customer LIMIT 1000")
    products = _column("SELECT item_id FROM naive_product ORDER BY id LIMIT 2")
    with world.both() as (*webs, header):
        scripts = [partial(calls.create, header, people, products) for people in (ours, naive)]
        row = Row(f"P1 create an order, {options.orders:,}", limit_name="its rows in one statement")
        yield turns(row, webs, scripts, options, limits.place_an_order)


def list_jobs(options: Options) -> Iterator[Row]:
    """A page of 50 orders; the naive way once plain, and once with its lines prefetched."""
    with world.both() as (*webs, header):
        ours = partial(calls.get, "/api/v1/orders/", header)
        prefetched = partial(calls.get, "/api/v1/prefetched/", header)
        for naive, note in ((ours, ""), (prefetched, ", naive with prefetch")):
            name = f"P2 list 50 of {options.orders:,} orders{note}"
            row = Row(name, limit_name="JSON made by SQL")
            yield turns(row, webs, [ours, naive], options, lambda: limits.LIST_ORDERS)


def webhook_jobs(options: Options) -> Iterator[Row]:
    """Events of parcels that are on their way, each event a new one."""
    ours = fill.shipments(MOVING, "sent")
    naive = naive_fill.shipments(MOVING, "sent")
    secret = settings.REFERENCE_PROVIDER_SECRET.split(",")[0]
    with world.both() as (*webs, _):
        scripts = [partial(calls.event, secret, references) for references in (ours, naive)]
        row = Row(f"P3 webhook event, {options.orders:,}", limit_name="bare insert")
        row.note = "the product stores the event, the naive one applies it at once"
        yield turns(row, webs, scripts, options, limits.store_an_event)


def turns(
    row: Row,
    webs: Sequence[Web],
    scripts: Sequence[Script],
    options: Options,
    limit: Callable[[], str],
) -> Row:
    """The row with its figures: product, naive and the statement `limit()` in turns."""
    for web, script in zip(webs, scripts, strict=True):
        web.measure(script, 1.0)  # connections, plans and caches
    statement = limit()
    for _ in range(options.runs):
        for web, script, figures in zip(webs, scripts, (row.product, row.naive), strict=True):
            figures.append(figure(web.measure(script, options.seconds)))
        row.limit.append(limits.rate(statement, options.seconds))
    if errors := [each.errors for each in (*row.product, *row.naive) if each.errors]:
        row.note = f"{sum(errors)} ERRORS; {row.note}"
    return row


def figure(measured: Measured) -> Figure:
    """Of a stretch of load."""
    load = measured.load
    return Figure(
        load.rate,
        load.p50,
        load.p99,
        measured.statements,
        measured.python,
        measured.postgres,
        load.errors,
    )


def _column(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [value for (value,) in cursor.fetchall()]
