"""Customers from a file (interfaces: `import_customers`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet
from phonenumber_field.phonenumber import to_python

from core.imports import (
    CLEARED,
    PLAIN_EMAIL,
    PLAIN_PHRASE,
    Check,
    Column,
    Importer,
    Present,
    StagedRow,
    duplicates,
    emptied,
    identifier,
    limits_of,
    resolved,
)
from core.imports.columns import or_cleared, readable
from core.values.text import phone
from customers.models import Customer, new_code
from customers.values import phone_numbers

LONGEST_PHONE = 128
# SQL: whether a row without a code, `r`, is a customer who is there.
_KNOWN = """
EXISTS (
    SELECT 1 FROM customers_customer c
    WHERE (c.name, c.phone_number, upper(c.email)) = (r.name, r.known_phone, r.known_email)
) OR EXISTS (
    SELECT 1 FROM customers_customer c
    WHERE (c.name, c.phone_number, upper(c.email)) = (r.name_before, r.known_phone, r.known_email)
)
"""


def clean_phone(text: str) -> str:
    """The number as E.164, local ones by the default region. Raises ValidationError."""
    fits = len(text) <= LONGEST_PHONE and readable(text)
    text = phone(text) if fits else text
    if not text:
        return ""
    number = to_python(text) if fits else None
    if not number or not number.is_valid():
        raise ValidationError(phone_numbers.INVALID)
    if number.extension:
        raise ValidationError(phone_numbers.WITH_EXTENSION)
    return str(number.as_e164)


class CustomerImporter(Importer):
    """`name, phone_number, email` and perhaps `code`.

    A row with a code is that customer: created under the code, or updated. An empty cell keeps
    what is there, `(none)` empties it. A row without one is known by all three values together,
    the phone as E.164, the e-mail address in any case: whoever has just these is left alone,
    nobody has them and a customer is made with a code of its own. So repeating a file adds
    nothing, and a changed row without a code is a new customer: nothing says which one it was.
    Two such rows that say the same are one customer written twice, and an error.
    """

    noun = "customers"
    model = Customer
    columns = (
        Column("name", limits_of(Customer, "name", blank=True, clearable=True), plain=PLAIN_PHRASE),
        Column("phone_number", or_cleared(clean_phone)),
        Column("email", limits_of(Customer, "email", clearable=True), plain=PLAIN_EMAIL),
        Column("code", identifier(limits_of(Customer, "code", blank=True)), required=False),
    )
    passed_over = frozenset({"channel", "language", "time_zone", "created_at"})
    any_case = frozenset({"email"})
    derived = ("final_code", "known_phone", "known_email", "name_before")
    checks = (
        duplicates("code"),
        emptied("name", "customers_customer", key="code", by="code"),
        Check(
            "",
            """
            SELECT r.line, 'This is the same customer as on line ' || min(o.line)
                || '. Remove one, or give each a code.' AS reason
            FROM import_rows r JOIN import_rows o USING (name, known_phone, known_email)
            WHERE r.code = '' AND o.line <> r.line AND (o.code <> '' OR o.line < r.line)
            GROUP BY r.line
            """,
        ),
    )

    def derive(self, values: list[str], cells: list[str]) -> list[str]:
        """The code given, or a fresh one; what a row without one is known by; and its name as it
        was before text was cleaned."""
        number, email = ("" if value == CLEARED else value for value in values[1:3])
        return [values[3] or new_code(), number, email.upper(), cells[0]]

    def present(self, rows: Sequence[StagedRow]) -> Mapping[int, Present]:
        """Customers by their codes; of those known by all three values that they are there."""
        codes = {row["code"]: row["line"] for row in rows if row["code"]}
        there = {codes[c.code]: Present(_values(c)) for c in self.read(_by_code(codes))}
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT line FROM import_rows r
                WHERE code = '' AND line BETWEEN %s AND %s AND ({_KNOWN})
                """,  # noqa: S608 - columns of ours
                [rows[0]["line"], rows[-1]["line"]],
            )
            return there | {line: Present({}) for (line,) in cursor.fetchall()}

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Those with a code first, so that the others meet them as they will be."""
        cursor.execute(
            f"""
            WITH written AS (
                INSERT INTO customers_customer AS was (code, name, phone_number, email, created_at)
                SELECT r.code, {resolved("name")}, {resolved("phone_number")}, {resolved("email")},
                    now()
                FROM import_rows r LEFT JOIN customers_customer p USING (code)
                WHERE r.code <> '' ORDER BY line
                ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name,
                    phone_number = EXCLUDED.phone_number, email = EXCLUDED.email
                WHERE (was.name, was.phone_number, upper(was.email)) IS DISTINCT FROM
                    (EXCLUDED.name, EXCLUDED.phone_number, upper(EXCLUDED.email))
                RETURNING (xmax = 0) AS created
            )
            SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM written
            """  # noqa: S608 - columns of ours
        )
        created, updated = cursor.fetchone()
        cursor.execute(
            f"""
            INSERT INTO customers_customer (code, name, phone_number, email, created_at)
            SELECT final_code, name, known_phone, CASE email WHEN %s THEN '' ELSE email END, now()
            FROM import_rows r
            WHERE code = '' AND NOT ({_KNOWN}) ORDER BY line
            """,  # noqa: S608 - columns of ours
            [CLEARED],
        )
        return created + cursor.rowcount, updated


def _by_code(codes: Mapping[str, int]) -> QuerySet[Customer]:
    return Customer.objects.filter(code__in=codes).order_by("pk")


def _values(customer: Customer) -> dict[str, str]:
    """A customer as the file writes one."""
    number = customer.phone_number
    return {
        "name": customer.name,
        "phone_number": str(number.as_e164) if number else "",
        "email": customer.email,
        "code": customer.code,
    }
