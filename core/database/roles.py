"""As whom the application speaks to the database: in production never as one who may do all."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

ROLE = """
SELECT r.rolsuper, pg_has_role(current_user, c.relowner, 'MEMBER')
  FROM pg_roles r LEFT JOIN pg_class c ON c.oid = to_regclass('identity_accessrecord')
 WHERE r.rolname = current_user
"""
SUPERUSER = (
    "The database role of DATABASE_URL is a superuser: whoever gets hold of it owns the machine "
    "and every record. Give the application a role of its own (docs/deploying.md, database roles)."
)
OWNER = "The database role of DATABASE_URL owns the tables: it could switch their guards off."


def refuse_superuser(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Raise ImproperlyConfigured at the first connection of a superuser, where that counts."""
    if settings.DATABASE_REFUSES_SUPERUSER and _role(connection)[0]:
        connection.close()
        raise ImproperlyConfigured(SUPERUSER)


def _role(connection: BaseDatabaseWrapper) -> tuple[bool, bool]:
    """Whether it is a superuser, and whether it owns what it must not change."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        is_superuser, owns = cursor.fetchone()
    return bool(is_superuser), bool(owns)


@register(Tags.database, deploy=True)
def check_role(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """An error for a superuser, a warning for the owner (`check --deploy --database default`)."""
    if not databases:
        return []
    try:
        is_superuser, owns = _role(connection)
    except ImproperlyConfigured:
        is_superuser = owns = True
    if is_superuser:
        return [Error(SUPERUSER, id="core.E001")]
    hint = "Run migrations as the owner (DATABASE_OWNER_URL), everything else as another role."
    return [Warning(OWNER, hint=hint, id="core.W001")] if owns else []
