"""A customer as whoever places an order reads them: by plain SQL, worded once."""

from functools import cache

from django.db import connection

from core.database.sql import columns_of
from customers.models import Address, Customer

LARGEST_KEY = 2**63 - 1


def with_default_address(pk: int) -> Customer:
    """A customer with their default address, in one statement. Raises Customer.DoesNotExist."""
    statement, names, address_names = _statement()
    row = None
    if pk <= LARGEST_KEY:
        with connection.cursor() as cursor:
            cursor.execute(statement, [pk])
            row = cursor.fetchone()
    if row is None:
        raise Customer.DoesNotExist
    customer = Customer.from_db(connection.alias, names, row[: len(names)])
    address = row[len(names) :]
    customer.known_default_address = None
    if address[0] is not None:
        customer.known_default_address = Address.from_db(connection.alias, address_names, address)
    return customer


@cache
def _statement() -> tuple[str, list[str], list[str]]:
    columns, names = columns_of(Customer, "c")
    address_columns, address_names = columns_of(Address, "a")
    statement = (
        f"SELECT {columns}, {address_columns} "  # noqa: S608 - names of our own columns
        f'FROM "{Customer._meta.db_table}" c LEFT JOIN "{Address._meta.db_table}" a '
        "ON a.customer_id = c.id AND a.is_default WHERE c.id = %s"
    )
    return statement, names, address_names
