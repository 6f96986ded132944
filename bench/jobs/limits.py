"""What PostgreSQL does without us: a bare statement by pgbench, or a loop of our own; COPY."""

import io
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping

import psycopg2
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import databases, world

# What an order that is placed with a key writes: table, and how its rows name the order.
WRITTEN = {
    "orders_orderline": "order_id",
    "orders_orderevent": "order_id",
    "notifications_notification": "order_id",
    "shipping_shipment": "order_id",
}


def rate(statement: str, seconds: float, connections: int = 16) -> float:
    """Statements a second, each a transaction, by so many connections."""
    if program := shutil.which("pgbench"):
        return _pgbench(program, statement, seconds, connections)
    return _loop(statement, seconds, connections)


def milliseconds(statement: str, times: int = 30) -> float:
    """Of one statement on one connection; the median."""
    with connection.cursor() as cursor:
        needed = []
        for _ in range(times):
            start = time.perf_counter()
            cursor.execute(statement)
            cursor.fetchall()
            needed.append(1000 * (time.perf_counter() - start))
    return sorted(needed)[times // 2]


def alone(work: Callable[[], object]) -> float:
    """Milliseconds of all that this work reads, its statements asked once more by themselves."""
    with CaptureQueriesContext(connection) as captured:
        work()
    reads = [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "WITH"))]
    return sum(milliseconds(statement, times=10) for statement in reads)


def copy(table: str, columns: str, rows: str) -> float:
    """Rows a second of COPY into the real, indexed table; `rows` as its text. Taken back."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        start = time.perf_counter()
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO(rows))
        seconds = time.perf_counter() - start
        cursor.execute("ROLLBACK")
    return rows.count("\n") / seconds


def place_an_order() -> str:
    """All rows of the newest placed order written once more, as one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM orders_order")
        (order,) = cursor.fetchone()
        cursor.execute("SELECT id FROM shipping_shipment WHERE order_id = %s", [order])
        (shipment,) = cursor.fetchone()
    parts = [f"o AS ({_again('orders_order', 'id', order, {})} RETURNING id)"]
    for table, column in WRITTEN.items():
        new = {
            "order_id": "(SELECT id FROM o)",
            "reference": "'limit-' || (SELECT id FROM o)",
            "source": "'limit:' || (SELECT id FROM o)",
        }
        parts.append(f"t{len(parts)} AS ({_again(table, column, order, new)} RETURNING id)")
    made = f"(SELECT id FROM t{len(WRITTEN)})"
    event = _again("shipping_shipmentevent", "shipment_id", shipment, {"shipment_id": made})
    return f"WITH {', '.join(parts)} {event}"


def store_an_event() -> str:
    """The newest tracking event written once more, as another one."""
    new = {"event_id": "gen_random_uuid()::text", "event_time": "to_timestamp(4e9 * random())"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM shipping_trackingevent")
        (newest,) = cursor.fetchone()
    return _again("shipping_trackingevent", "id", newest, new)


LIST_ORDERS = """
SELECT json_agg(row_to_json(o)) FROM (
    SELECT *, (SELECT json_agg(row_to_json(l)) FROM orders_orderline l WHERE l.order_id = o.id)
        AS lines
    FROM orders_order o ORDER BY id DESC LIMIT 50
) o
"""


def _again(table: str, column: str, value: int, new: Mapping[str, str]) -> str:
    """The statement that inserts the rows of `table` where `column` is `value` once more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'id'
              AND is_generated = 'NEVER'""",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(new.get(name, f'"{name}"') for name in names)
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {column} = {value}"


def _pgbench(program: str, statement: str, seconds: float, connections: int) -> float:
    script = world.VAR / "limit.sql"
    script.write_text(" ".join(statement.split()) + ";\n")
    command = [program, "--no-vacuum", "--protocol=prepared", f"--file={script}"]
    command += [f"--time={max(1, round(seconds))}", f"--client={connections}", "--jobs=2"]
    url = databases.url().replace("postgres://", "postgresql://", 1)
    answer = subprocess.run([*command, url], capture_output=True, text=True, check=True)
    answered = re.search(r"tps = ([\d.]+)", answer.stdout)
    assert answered, answer.stderr
    return float(answered[1])


def _loop(statement: str, seconds: float, connections: int) -> float:
    url = databases.url().replace("postgres://", "postgresql://", 1)
    counts: list[int] = []

    def work() -> None:
        own = psycopg2.connect(url)
        own.autocommit = True
        deadline, count = time.monotonic() + seconds, 0
        with own.cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute(statement)
                count += 1
        counts.append(count)
        own.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
