"""Functions that run in the name of the tables' owner: how they come into the database."""

from collections.abc import Sequence

from django.conf import settings
from django.db import connections


def install(using: str, statements: Sequence[str], *, function: str, needs: str) -> None:
    """Create what the statements say, and let the application alone call `function`.

    Nothing is done before the table `needs` is there.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [needs])
        if cursor.fetchone()[0] is None:  # before the first migration
            return
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        if role := settings.DATABASE_APPLICATION_ROLE:
            name = connections[using].ops.quote_name(role)
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {name}")
