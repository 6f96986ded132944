"""Fills the benchmarks' database, mostly by SQL: customers, orders with what is theirs, patients.

Foreign keys are not checked meanwhile and indexes are built at the end: so a million orders take
minutes. This needs a superuser.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import connection

from bench.naive import fill as naive
from clinical.models import Patient

ADDRESS = "'John Doe', 'The battleship building', '179 harrow road', 'London', 'W2 6NB', 'GB'"
ADDRESS_COLUMNS = "recipient, line_1, line_2, city, postcode, country"
SECONDS_BETWEEN = 3.456  # two orders: 50,000 in two days, which is how far back the sweeper looks
TABLES = (
    *("customers_customer", "clinical_patient", "orders_order", "orders_orderline"),
    *("orders_orderevent", "shipping_shipment", "shipping_shipmentevent"),
    "notifications_notification",
)


def execute(statement: str, *values: str | int) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def everything(count: int) -> None:
    """`count` orders with two lines, a delivered parcel and a message each; the naive ones too."""
    people = max(count // 10, 1000)
    for setting in ("synchronous_commit = off", "session_replication_role = replica"):
        execute(f"SET {setting}")
    execute("SET maintenance_work_mem = '512MB'")
    with _without_indexes((*TABLES, *naive.TABLES)):
        customers(people)
        patients(people)
        before = orders(count, seconds_between=SECONDS_BETWEEN)
        _what_became_of(before)
        naive.everything(count, people, SECONDS_BETWEEN)
    for setting in ("synchronous_commit", "session_replication_role", "maintenance_work_mem"):
        execute(f"RESET {setting}")
    execute("VACUUM ANALYZE")


def customers(count: int) -> None:
    """`count` customers, numbered."""
    execute(
        """INSERT INTO customers_customer (code, name, phone_number, email, created_at)
        SELECT 'B-' || n, 'Customer ' || n, '+2547' || lpad(n::text, 8, '0'),
               'customer' || n || '@example.com', now()
        FROM generate_series(1, %s) n ON CONFLICT DO NOTHING""",
        count,
    )


def patients(count: int) -> None:
    """`count` patients, numbered: by the model, which encrypts."""
    for start in range(1, count + 1, 5_000):
        Patient.objects.bulk_create(
            Patient(
                first_name=f"Maria {n}",
                last_name="Garcia",
                birth_date=date(1950, 1, 1) + timedelta(days=n % 20_000),
                email=f"maria{n}@example.com",
                external_id=f"filled-{n}",
            )
            for n in range(start, min(start + 5_000, count + 1))
        )


def orders(count: int, *, interval: str = "none", seconds_between: float = 1) -> int:
    """`count` orders of two lines, the last one now; the id before the first of them."""
    before = _last_order()
    execute(
        f"""INSERT INTO orders_order (customer_id, item, kit_type, channel, amount, currency,
            state, delivery_service, shipping_interval, time, {ADDRESS_COLUMNS})
        SELECT c.ids[1 + n %% array_length(c.ids, 1)], 'Serum, Cleanser', '', '', 50, 'GBP',
            (array['placed', 'shipped', 'delivered', 'cancelled'])[1 + n %% 4], 'standard', %s,
            now() - ({count} - n) * {seconds_between} * interval '1 second', {ADDRESS}
        FROM generate_series(1, %s) n,
             (SELECT array_agg(id) AS ids FROM customers_customer WHERE code LIKE 'B-%%') c""",
        interval,
        count,
    )
    execute(
        """INSERT INTO orders_orderline
            (order_id, product_id, item_id, name, quantity, weight, unit_price)
        SELECT o.id, p.id, p.item_id, p.name, 1, p.weight, 25
        FROM orders_order o, (SELECT * FROM orders_product ORDER BY id LIMIT 2) p
        WHERE o.id > %s""",
        before,
    )
    return before


def _what_became_of(before: int) -> None:
    """The history, the parcel and the message of each order after that one."""
    execute(
        """INSERT INTO orders_orderevent (kind, from_state, to_state, at, actor, detail, order_id)
        SELECT 'placed', '', 'placed', time, 'client:demo', '', id FROM orders_order
        WHERE id > %s ORDER BY id""",
        before,
    )
    shipment_rows("delivered", before)
    execute(
        """INSERT INTO shipping_shipmentevent
            (kind, from_state, to_state, at, actor, detail, shipment_id)
        SELECT 'queued', '', 'queued', created_at, 'client:demo', '', id FROM shipping_shipment
        WHERE order_id > %s ORDER BY id""",
        before,
    )
    execute(
        """INSERT INTO notifications_notification (attempts, next_attempt_at, fence, doubtful,
            last_error, source, channel, recipient, subject, message, provider, provider_reference,
            cost, state, created_at, sent_at, customer_id, order_id, when_unknown)
        SELECT 1, o.time, 1, false, '', 'order:' || o.id || ':placed', 'sms', c.phone_number, '',
            'Hi ' || c.name || ', your order has been successfully placed.', 'africastalking',
            'filled-' || o.id, 'GBP 0.01', 'sent', o.time, o.time, c.id, o.id, 'staff'
        FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id
        WHERE o.id > %s ORDER BY o.id""",
        before,
    )


def shipment_rows(state: str, before: int) -> None:
    """A shipment in `state` for each order after that one."""
    execute(
        f"""INSERT INTO shipping_shipment (order_id, reference, key, provider, state,
            delivery_service, ship_on, attempts, next_attempt_at, fence, doubtful, last_error,
            provider_reference, tracking_number, tracking_url, created_at, {ADDRESS_COLUMNS})
        SELECT id, number, gen_random_uuid(), 'reference', %s, 'standard', time::date, 0, time,
            0, false, '', '', 'T' || id, '', time, {ADDRESS_COLUMNS}
        FROM orders_order WHERE id > %s ORDER BY id""",
        state,
        before,
    )


def schedules(count: int, due: str) -> None:
    """`count` new monthly orders whose next occurrence is on the day `due`."""
    before = orders(count, interval="monthly")
    execute(
        """INSERT INTO shipping_schedule (order_id, interval, anchor, anchor_occurrence, time_zone,
            catch_up, state, occurrence, next_on)
        SELECT id, 'monthly', %s::date - interval '1 month', 0, 'Europe/London', 'latest', 'active',
            1, %s::date FROM orders_order WHERE id > %s""",
        due,
        due,
        before,
    )
    execute("ANALYZE")


def shipments(count: int, state: str) -> list[str]:
    """`count` shipments in `state`, each of an order of its own; their references."""
    before = orders(count)
    shipment_rows(state, before)
    execute("ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM orders_order WHERE id > %s ORDER BY id", [before])
        return [row[0] for row in cursor.fetchall()]


def _last_order() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM orders_order")
        return int(cursor.fetchone()[0])


@contextmanager
def _without_indexes(tables: tuple[str, ...]) -> Iterator[None]:
    """Drop the indexes that are no constraint's, and make them again at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
            WHERE i.indrelid = ANY(%s::regclass[])
              AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for index, _ in indexes:
            cursor.execute(f"DROP INDEX {index}")
    yield
    for _, definition in indexes:
        execute(definition)
