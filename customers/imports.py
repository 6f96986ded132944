"""Customers from a file (interfaces: `import_customers`)."""

from typing import Any

from django.core.exceptions import ValidationError
from phonenumber_field.phonenumber import to_python

from core.imports import Check, Column, Importer, duplicates, limits_of
from core.imports.columns import readable
from customers.models import Customer, new_code

LONGEST_PHONE = 128


def clean_phone(text: str) -> str:
    """The number as E.164, local ones by the default region. Raises ValidationError."""
    if not text:
        return ""
    fits = len(text) <= LONGEST_PHONE and readable(text)
    number = to_python(text) if fits else None
    if not number or not number.is_valid():
        raise ValidationError("No country has this number. Write it like +447451277972.")
    if number.extension:
        raise ValidationError("Leave out the extension: messages cannot reach one.")
    return str(number.as_e164)


class CustomerImporter(Importer):
    """`name, phone_number, email` and perhaps `code`.

    A row with a code is that customer: created under the code, or updated. A row without one is
    known by all three values together, the phone as E.164: whoever has just these is left alone,
    nobody has them and a customer is made with a code of its own. So repeating a file adds
    nothing, and a changed row without a code is a new customer: nothing says which one it was.
    Two such rows that say the same are one customer written twice, and an error.
    """

    noun = "customers"
    columns = (
        Column("name", limits_of(Customer, "name")),
        Column("phone_number", clean_phone),
        Column("email", limits_of(Customer, "email")),
        Column("code", limits_of(Customer, "code", blank=True), required=False),
    )
    derived = ("final_code",)
    checks = (
        duplicates("code"),
        Check(
            "",
            """
            SELECT r.line, 'This is the same customer as on line ' || min(o.line)
                || '. Remove one, or give each a code.' AS reason
            FROM import_rows r JOIN import_rows o USING (name, phone_number, email)
            WHERE r.code = '' AND o.line <> r.line AND (o.code <> '' OR o.line < r.line)
            GROUP BY r.line
            """,
        ),
    )

    def derive(self, values: list[str]) -> list[str]:
        """The code given, or a fresh one."""
        return [values[3] or new_code()]

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Those with a code first, so that the others meet them as they will be."""
        cursor.execute(
            """
            WITH written AS (
                INSERT INTO customers_customer AS c (code, name, phone_number, email, created_at)
                SELECT code, name, phone_number, email, now()
                FROM import_rows WHERE code <> '' ORDER BY line
                ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name,
                    phone_number = EXCLUDED.phone_number, email = EXCLUDED.email
                WHERE (c.name, c.phone_number, c.email)
                    IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.phone_number, EXCLUDED.email)
                RETURNING (xmax = 0) AS created
            )
            SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM written
            """
        )
        created, updated = cursor.fetchone()
        cursor.execute(
            """
            INSERT INTO customers_customer (code, name, phone_number, email, created_at)
            SELECT final_code, name, phone_number, email, now() FROM import_rows r
            WHERE code = '' AND NOT EXISTS (
                SELECT 1 FROM customers_customer c
                WHERE (c.name, c.phone_number, c.email) = (r.name, r.phone_number, r.email)
            ) ORDER BY line
            """
        )
        return created + cursor.rowcount, updated
