"""Fills the naive tables with the same volume: orders with two lines, a parcel, a message each."""

from django.db import connection

ADDRESS = "'John Doe', 'The battleship building', '179 harrow road', 'London', 'W2 6NB', 'GB'"
ADDRESS_COLUMNS = "recipient, line_1, line_2, city, postcode, country"
TABLES = (
    *("naive_customer", "naive_patient", "naive_order", "naive_orderline", "naive_orderevent"),
    *("naive_shipment", "naive_shipmentevent", "naive_notification"),
)
PEOPLE = (
    """INSERT INTO naive_customer (name, email, phone_number, created_at)
    SELECT 'Customer ' || n, 'customer' || n || '@example.com', '+2547' || lpad(n::text, 8, '0'),
        now() FROM generate_series(1, %(people)s) n""",
    """INSERT INTO naive_patient
        (first_name, last_name, birth_date, email, external_id, created_at)
    SELECT 'Maria ' || n, 'Garcia', date '1950-01-01' + n %% 20000,
        'maria' || n || '@example.com', 'filled-' || n, now()
    FROM generate_series(1, %(people)s) n""",
    """INSERT INTO naive_product (item_id, name, weight, price, currency)
    SELECT item_id, name, weight, price, currency FROM orders_product""",
)
ORDERS = f"""INSERT INTO naive_order
    (customer_id, status, amount, currency, delivery_service, created_at, {ADDRESS_COLUMNS})
SELECT 1 + n %% (SELECT max(id) FROM naive_customer),
    (array['placed', 'shipped', 'delivered', 'cancelled'])[1 + n %% 4], 50, 'GBP', 'standard',
    now() - (%(count)s - n) * %(seconds)s * interval '1 second', {ADDRESS}
FROM generate_series(1, %(count)s) n"""
WITH_THEM = (
    """INSERT INTO naive_orderline (order_id, product_id, quantity, unit_price)
    SELECT o.id, p.id, 1, 25 FROM naive_order o,
        (SELECT id FROM naive_product ORDER BY id LIMIT 2) p WHERE o.id > %(before)s""",
    """INSERT INTO naive_orderevent (order_id, kind, at)
    SELECT id, 'placed', created_at FROM naive_order WHERE id > %(before)s ORDER BY id""",
    """INSERT INTO naive_notification
        (customer_id, order_id, channel, recipient, message, status, created_at)
    SELECT c.id, o.id, 'sms', c.phone_number, 'Dear ' || c.name || ', we have your order.', 'sent',
        o.created_at FROM naive_order o JOIN naive_customer c ON c.id = o.customer_id
    WHERE o.id > %(before)s ORDER BY o.id""",
)
SHIPMENTS = """INSERT INTO naive_shipment
    (order_id, reference, key, status, tracking_number, created_at)
SELECT id, 'n-' || id, gen_random_uuid(), %(status)s, '', created_at FROM naive_order
WHERE id > %(before)s ORDER BY id"""
SHIPMENT_EVENTS = """INSERT INTO naive_shipmentevent (shipment_id, kind, at)
SELECT id, status, created_at FROM naive_shipment WHERE order_id > %(before)s ORDER BY id"""
SCHEDULES = """INSERT INTO naive_schedule (order_id, occurrence, next_on)
SELECT id, 1, %(due)s FROM naive_order WHERE id > %(before)s"""


def everything(count: int, people: int, seconds_between: float) -> None:
    """`people` customers and patients, the products, and `count` orders with all of theirs."""
    _run(*PEOPLE, people=people)
    before = _orders(count, seconds_between)
    _run(*WITH_THEM, SHIPMENTS, SHIPMENT_EVENTS, before=before, status="delivered")


def shipments(count: int, status: str) -> list[str]:
    """`count` shipments in `status`, each of an order of its own; their references."""
    before = _orders(count)
    _run(WITH_THEM[0], SHIPMENTS, "ANALYZE", before=before, status=status)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reference FROM naive_shipment WHERE order_id > %s ORDER BY id", [before]
        )
        return [row[0] for row in cursor.fetchall()]


def schedules(count: int, due: str) -> None:
    """`count` new orders whose next occurrence is on the day `due`."""
    before = _orders(count)
    _run(SCHEDULES, "ANALYZE", before=before, due=due)


def _orders(count: int, seconds_between: float = 1) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM naive_order")
        before = int(cursor.fetchone()[0])
    _run(ORDERS, count=count, seconds=seconds_between)
    return before


def _run(*statements: str, **values: str | float) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
