"""Versions of records that people edit: a number that goes up with each change of a row.

A model has one by `version = VersionField()`. A trigger that each `migrate` puts on its table
counts, so bulk updates and SQL by hand count too, and nobody sets it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connections, models

if TYPE_CHECKING:
    PositiveIntegerField = models.PositiveIntegerField[Any, Any]
else:
    PositiveIntegerField = models.PositiveIntegerField

FUNCTION = """
CREATE OR REPLACE FUNCTION core_count_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version;
    IF NEW IS DISTINCT FROM OLD AND NOT core_is_reencrypting() THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $$;
"""


class VersionField(PositiveIntegerField):
    """How often the row was changed, plus one; of a row in memory, as it was read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": 1, "db_default": 1, "editable": False, **options})


def versioned_models() -> Iterator[type[models.Model]]:
    """Every model whose rows have a version of their own."""
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy and has_version(model):
            yield model


def has_version(model: type[models.Model]) -> bool:
    """Whether rows of this model have one."""
    return any(isinstance(field, VersionField) for field in model._meta.concrete_fields)


def count(using: str = "default", **_: Any) -> None:
    """Put the trigger on every table with versions; after each `migrate`, safe to repeat."""
    with connections[using].cursor() as cursor:
        cursor.execute(FUNCTION)
        for model in versioned_models():
            cursor.execute(
                "CREATE OR REPLACE TRIGGER counts_versions "
                f'BEFORE UPDATE ON "{model._meta.db_table}" '
                "FOR EACH ROW EXECUTE FUNCTION core_count_versions()"
            )
