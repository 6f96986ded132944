"""P10: memory of a web worker that has answered requests, and bytes an order takes."""

from collections.abc import Iterator, Sequence
from functools import partial

from django.db import connection

from bench import commands, fill, measure, world
from bench.jobs import Options, calls
from bench.naive import fill as naive_fill
from bench.report import Figure, Row
from bench.world import Web

OF_AN_ORDER = (
    *("orders_order", "orders_orderline", "orders_orderevent", "shipping_shipment"),
    *("shipping_shipmentevent", "notifications_notification"),
)
PEOPLE = ("customer", "patient")
# Longer than the peak of a process is looked at.
BARE = "import django, time; django.setup(); import rest_framework.viewsets; time.sleep(0.5)"


def jobs(options: Options) -> Iterator[Row]:
    """Megabytes (RSS) of the larger worker, and bytes in tables and indexes."""
    yield _bytes(options)
    row = Row("P10 web worker", unit="MB", less_is_better=True)
    row.limit_name = "Python with Django and DRF"
    shares = []
    for _ in range(options.runs):
        with world.both() as (*webs, header):
            for web, figures in zip(webs, (row.product, row.naive), strict=True):
                rss, pss = _memory(web, header, options)
                figures.append(Figure(rss))
                shares.append(f"{web.side} {pss:.0f}")
        row.limit.append(commands.run("naive", ["-c", BARE]).peak)
    row.note = f"proportional share (PSS) in MB: {', '.join(shares)}"
    yield row


def _memory(web: Web, header: dict[str, str], options: Options) -> tuple[float, float]:
    people, products = _people(web.side)
    for script in (
        partial(calls.get, "/api/v1/orders/", header),
        partial(calls.create, header, people, products),
    ):
        web.measure(script, options.seconds)
    return max(measure.memory(pid) for pid in web.workers())


def _people(side: str) -> tuple[list[int], list[str]]:
    table = {"product": "customers_customer", "naive": "naive_customer"}[side]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT array_agg(id) FROM (SELECT id FROM {table} LIMIT 1000) t")
        (people,) = cursor.fetchone()
        cursor.execute("SELECT array_agg(item_id) FROM (SELECT * FROM naive_product LIMIT 2) t")
        return people, cursor.fetchone()[0]


def _bytes(options: Options) -> Row:
    fill.execute("VACUUM ANALYZE")
    row = Row("P10 an order with everything", unit="B", less_is_better=True)
    row.limit_name = "its rows without indexes and pages"
    row.limit.append(sum(map(_of_rows, OF_AN_ORDER)) / options.orders)
    naive = [table for table in naive_fill.TABLES if not table.endswith(PEOPLE)]
    ours, theirs = (_sizes(tables) for tables in (OF_AN_ORDER, naive))
    row.product.append(Figure(sum(ours.values()) / options.orders))
    row.naive.append(Figure(sum(theirs.values()) / options.orders))
    row.note = ", ".join(f"{name} {size / options.orders:,.0f}" for name, size in ours.items())
    return row


def _of_rows(table: str) -> int:
    """Bytes of the rows alone."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sum(pg_column_size(t)) FROM {table} t")
        return int(cursor.fetchone()[0])


def _sizes(tables: Sequence[str]) -> dict[str, int]:
    """Bytes of tables with their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t, pg_total_relation_size(t::regclass) FROM unnest(%s) t", [[*tables]]
        )
        return dict(cursor.fetchall())
