"""Versions of records that people edit: a number that goes up with each change of a row.

A model has one by `version = VersionField()`, and by `changed_at = ChangedAtField()` when it was
changed last. A trigger that each `migrate` puts on its table counts, so bulk updates and SQL by
hand count too, and nobody sets it. With `touches = "patient"` each change of a row is one of that
other record, too.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connections, models
from django.db.models.functions import Now

from core.database import clock

if TYPE_CHECKING:
    DateTimeField = models.DateTimeField[Any, Any]
    PositiveIntegerField = models.PositiveIntegerField[Any, Any]
else:
    DateTimeField = models.DateTimeField
    PositiveIntegerField = models.PositiveIntegerField

FUNCTION = """
CREATE OR REPLACE FUNCTION core_count_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version;
    IF NEW IS DISTINCT FROM OLD AND NOT core_is_reencrypting() THEN
        NEW.version := OLD.version + 1;
    END IF;
    IF TG_NARGS > 0 AND NEW.version > OLD.version THEN
        NEW.changed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

-- The arguments: the table of the other record, and the column that names it here.
CREATE OR REPLACE FUNCTION core_touch_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT core_is_reencrypting() AND NOT core_is_erasing() THEN
        EXECUTE format(
            'UPDATE %I SET changed_at = clock_timestamp() WHERE id IN ($1, $2)', TG_ARGV[0])
            USING (to_jsonb(OLD) ->> TG_ARGV[1])::bigint, (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
    END IF;
    RETURN NULL;
END $$;
"""


class VersionField(PositiveIntegerField):
    """How often the row was changed, plus one; of a row in memory, as it was read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": 1, "db_default": 1, "editable": False, **options})


class ChangedAtField(DateTimeField):
    """When the row was changed last, by the database's clock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"default": clock.now, "db_default": Now(), "editable": False, **options}
        )


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
            is_dated = any(isinstance(f, ChangedAtField) for f in model._meta.concrete_fields)
            argument = "'changed_at'" if is_dated else ""
            cursor.execute(
                "CREATE OR REPLACE TRIGGER counts_versions "
                f'BEFORE UPDATE ON "{model._meta.db_table}" FOR EACH ROW '
                f"EXECUTE FUNCTION core_count_versions({argument})"
            )
        for model in apps.get_models():
            if name := getattr(model, "touches", ""):
                key: Any = model._meta.get_field(name)
                cursor.execute(
                    "CREATE OR REPLACE TRIGGER touches_other "
                    f'AFTER INSERT OR UPDATE OR DELETE ON "{model._meta.db_table}" FOR EACH ROW '
                    "EXECUTE FUNCTION core_touch_other("
                    f"'{key.related_model._meta.db_table}', '{key.column}')"
                )
