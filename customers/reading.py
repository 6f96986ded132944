"""A customer as whoever places an order reads them: by plain SQL, worded once."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import connection

from core.database import clock
from core.database.sql import columns_of
from customers.models import Address, Customer

LARGEST_KEY = 2**63 - 1


def with_default_address(pk: int) -> Customer:
    """A customer with their default address, in one statement. Raises Customer.DoesNotExist."""
    statement, names, address_names = _statement()
    end = len(names) + len(address_names)
    row = None
    if pk <= LARGEST_KEY:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"pk": pk, "now": clock.now()})
            row = cursor.fetchone()
    if row is None:
        raise Customer.DoesNotExist
    customer = Customer.from_db(connection.alias, names, row[: len(names)])
    address, more = row[len(names) : end], row[end:]
    for (_, keep), value in zip(_alongside, more, strict=True):
        keep(customer, value)
    customer.known_default_address = None
    if address[0] is not None:
        customer.known_default_address = Address.from_db(connection.alias, address_names, address)
    return customer


def read_along(sql: str, keep: Callable[[Customer, Any], None]) -> None:
    """Have `keep` given what an SQL expression says of each customer `c` that is read here, at
    `%(now)s`; called when Django starts."""
    _alongside.append((sql, keep))
    _statement.cache_clear()


_alongside: list[tuple[str, Callable[[Customer, Any], None]]] = []


@cache
def _statement() -> tuple[str, list[str], list[str]]:
    columns, names = columns_of(Customer, "c")
    address_columns, address_names = columns_of(Address, "a")
    more = "".join(f", {sql}" for sql, _ in _alongside)
    statement = (
        f"SELECT {columns}, {address_columns}{more} "  # noqa: S608 - SQL of ours
        f'FROM "{Customer._meta.db_table}" c LEFT JOIN "{Address._meta.db_table}" a '
        "ON a.customer_id = c.id AND a.is_default WHERE c.id = %(pk)s"
    )
    return statement, names, address_names
