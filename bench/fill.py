"""Fills the benchmarks' database by SQL: customers, orders of two lines, schedules, shipments."""

from django.db import connection

ADDRESS = "'John Doe', 'The battleship building', '179 harrow road', 'London', 'W2 6NB', 'GB'"
ADDRESS_COLUMNS = "recipient, line_1, line_2, city, postcode, country"


def execute(statement: str, *values: str | int) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def customers(count: int) -> None:
    """`count` customers, numbered."""
    execute(
        """INSERT INTO customers_customer (code, name, phone_number, email, created_at)
        SELECT 'B-' || n, 'Customer ' || n, '+2547' || lpad(n::text, 8, '0'),
               'customer' || n || '@example.com', now()
        FROM generate_series(1, %s) n ON CONFLICT DO NOTHING""",
        count,
    )


def orders(count: int, *, interval: str = "none") -> int:
    """`count` orders of two lines; the id before the first of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM orders_order")
        before = int(cursor.fetchone()[0])
    execute(
        f"""INSERT INTO orders_order (customer_id, item, kit_type, channel, amount, currency,
            state, delivery_service, shipping_interval, time, {ADDRESS_COLUMNS})
        SELECT c.ids[1 + n %% array_length(c.ids, 1)], 'Serum, Cleanser', '', '', 50, 'GBP',
            (array['placed', 'shipped', 'delivered', 'cancelled'])[1 + n %% 4], 'standard', %s,
            now() - n * interval '1 second', {ADDRESS}
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
    execute("ANALYZE")
    return before


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
    execute("ANALYZE shipping_schedule")


def shipments(count: int, state: str) -> list[str]:
    """`count` shipments in `state`, each of an order of its own; their references."""
    before = orders(count)
    execute(
        f"""INSERT INTO shipping_shipment (order_id, reference, key, provider, state,
            delivery_service, ship_on, attempts, next_attempt_at, fence, doubtful, last_error,
            provider_reference, tracking_number, tracking_url, created_at, {ADDRESS_COLUMNS})
        SELECT id, number, gen_random_uuid(), 'reference', %s, 'standard', current_date, 0, now(),
            0, false, '', '', '', '', now(), {ADDRESS_COLUMNS}
        FROM orders_order WHERE id > %s""",
        state,
        before,
    )
    execute("ANALYZE shipping_shipment")
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM orders_order WHERE id > %s", [before])
        return [row[0] for row in cursor.fetchall()]
