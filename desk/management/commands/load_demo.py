"""`manage.py load_demo`: people, customers and orders to try Dosette with."""

from collections import Counter
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.module_loading import module_has_submodule

from core.history.tracking import history_models

APPS = ("identity", "customers", "orders", "clinical", "shipping", "kits", "notifications")


class Command(BaseCommand):
    """Loads every app's demo data, and says what was new."""

    help = "Load the demo data. Safe to repeat: what is there already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load all of it, each app's in one transaction."""
        if not settings.DEMO:
            raise CommandError("The demo data is not for production settings.")
        for name in APPS:
            if not module_has_submodule(apps.get_app_config(name).module, "demo"):
                continue
            with transaction.atomic():
                before = _counted_inserts()
                import_module(f"{name}.demo").load()
                added = _counted_inserts() - before
            summary = ", ".join(f"{count} {_plural(table)}" for table, count in added.most_common())
            self.stdout.write(f"{name}: {summary or 'already there'}")


def _counted_inserts() -> Counter[str]:
    """How many rows this connection has lately inserted, by table: PostgreSQL counts by itself.

    Without histories, to which triggers add, and without what an import only passes through.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins FROM pg_stat_xact_user_tables")
        counted = dict(cursor.fetchall())
    histories = {history._meta.db_table for history in history_models()}
    return Counter({name: counted.get(name, 0) for name in _plurals().keys() - histories})


def _plural(table: str) -> str:
    return _plurals()[table]


@cache
def _plurals() -> dict[str, str]:
    models = [model for model in apps.get_models() if not model._meta.proxy]
    return {model._meta.db_table: str(model._meta.verbose_name_plural) for model in models}
