"""P9: a pass of the sweeper that has nothing to do, with 50,000 young orders."""

from collections.abc import Iterator
from dataclasses import replace

from bench import commands, fill
from bench.jobs import Options, limits
from bench.report import Figure, Row
from desk.management.commands.sweep import sweep_all

YOUNG = 50_000
PASSES = 10
# The template is kept, and time goes on.
MAKE_YOUNG = (
    "SET session_replication_role = replica",  # histories are not to be changed, else
    """UPDATE orders_order o SET time = now() - (%s - n.place) * interval '3.456 seconds'
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM
        (SELECT id FROM orders_order ORDER BY id DESC LIMIT %s) newest) n WHERE o.id = n.id""",
    """UPDATE orders_orderevent e SET at = o.time FROM orders_order o
    WHERE o.id = e.order_id AND o.id > (SELECT max(id) - %s FROM orders_order)""",
    """UPDATE naive_order n SET created_at = o.time FROM orders_order o WHERE o.id = n.id
    AND o.id > (SELECT max(id) - %s FROM orders_order)""",
    "RESET session_replication_role",
    "UPDATE shipping_shipment SET state = 'cancelled' WHERE state = 'queued'",
    "UPDATE notifications_notification SET state = 'suppressed' WHERE state = 'queued'",
    "ANALYZE",
)
PRODUCT = """
from desk.management.commands.sweep import sweep_all as sweep
def passes():
    return sum(sum(sweep()[0].values()) for _ in range({count}))
[sweep() for _ in range(3)]
"""
NAIVE = """
from bench.naive.__main__ import sweep
def passes():
    return sum(sweep() for _ in range({count}))
sweep()
"""


def jobs(options: Options) -> Iterator[Row]:
    """Milliseconds of CPU a pass, Python's and PostgreSQL's, without the process's start."""
    young = min(YOUNG, options.orders)
    for statement in MAKE_YOUNG:
        fill.execute(statement, *[young] * statement.count("%s"))
    row = Row(f"P9 idle pass, {young:,} young", unit="ms", less_is_better=True)
    row.limit_name = "its statements alone"
    sweep_all()  # the first pass looks at more
    repaired = 0.0
    for _ in range(options.runs):
        done, ran = commands.timed("product", PRODUCT.format(count=PASSES), "passes()")
        repaired += done
        row.product.append(_pass(ran))
        _, ran = commands.timed("naive", NAIVE.format(count=PASSES), "passes()")
        row.naive.append(_pass(ran))
        row.limit.append(limits.alone(sweep_all))
    if repaired:
        row.note = f"it was not idle: {repaired:.0f} repaired"
    yield row


def _pass(ran: commands.Ran) -> Figure:
    each = ran.by(PASSES)
    return replace(each, value=each.python + each.postgres, p50=1000 * ran.seconds / PASSES)
