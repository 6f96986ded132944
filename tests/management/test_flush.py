"""After a test with real transactions the next finds the database as migrations left it."""

import pytest
from django.core.management import call_command
from django.db import connection

from identity.models import Role


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("table", "column"), [("identity_rolehistory", "pgh_id"), ("auth_group", "id")]
)
def test_what_migrations_put_in_keeps_its_numbers_when_a_test_counted_anew(
    table: str, column: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} RESTART")
    call_command("flush", interactive=False)
    assert Role.objects.create(name="somebody new").pk
