"""All blind indexes made anew, with the key of the settings: while nothing else runs."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from core.encryption import stored_keys
from core.encryption.indexes import index_fields
from core.encryption.rewriting.rotation import allow

BATCH = 500
Progress = Callable[[str, int], None]


def rebuild(progress: Progress = lambda table, rows: None) -> int:
    """Make them anew, and record the key; how many rows. Stopped, it is begun again."""
    total = 0
    for model in apps.get_models():
        names = [field.name for field in index_fields(model)]
        if names and model._meta.managed and not model._meta.proxy:
            total += _rebuild_table(model, names, progress)
    stored_keys.replace_index_key()
    return total


def _rebuild_table(model: type[models.Model], names: list[str], progress: Progress) -> int:
    rows: Any = models.QuerySet(model).order_by("pk")
    done, last = 0, 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for row in batch:
            for field in index_fields(model):
                setattr(row, field.attname, field.made_of(row))
        with transaction.atomic(), connection.cursor() as cursor:
            allow(cursor)
            rows.bulk_update(batch, names)
        done, last = done + len(batch), batch[-1].pk
        progress(model._meta.db_table, done)
    return done
