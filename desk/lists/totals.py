"""How many rows a narrowed list has, and what they come to: of ten thousand rows at most."""

from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from core.values import money

MOST = 10_000
PATIENCE = "300ms"  # what nobody waits for is not counted
TOO_MANY = f"More than {MOST:,} rows: narrow the list further to see what they come to."
TOO_SLOW = "Counting takes too long: narrow the list further to see what it comes to."


def totals(rows: QuerySet[Any], sums: tuple[str, str] | None) -> str:
    """The rows counted; with `sums`, the columns of an amount and its currency, their sums too."""
    part = rows.order_by().values(*(sums or ["pk"]))[: MOST + 1]
    try:
        with transaction.atomic():
            counted = _counted(part, sums)
    except OperationalError:
        return TOO_SLOW
    count = sum(each for each, *_ in counted)
    if count > MOST:
        return TOO_MANY
    text = "1 row" if count == 1 else f"{count:,} rows"
    amounts = [money.shown(amount, currency) for _, amount, currency in counted] if sums else []
    return f"{text}: {', '.join(amounts)}" if amounts else text


def _counted(part: QuerySet[Any], sums: tuple[str, str] | None) -> list[Any]:
    """Rows with sum and currency, by currency; without `sums` their number alone."""
    statement, values = part.query.sql_with_params()
    shown = f"count(*), sum({sums[0]}), {sums[1]}" if sums else "count(*)"
    grouped = f"GROUP BY {sums[1]} ORDER BY {sums[1]}" if sums else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
        cursor.execute(f"SELECT {shown} FROM ({statement}) AS part {grouped}", values)  # noqa: S608 - the ORM's own, and names of columns
        counted: list[Any] = cursor.fetchall()
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    return counted
