"""`manage.py rebuild_blind_indexes`: after a change of BLIND_INDEX_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from core.encryption import stored_keys
from core.encryption.rewriting import rebuilding


class Command(BaseCommand):
    """Computes every blind index anew. Until it is done, searches miss what is not done yet."""

    help = (
        "Make the indexes of encrypted columns with the BLIND_INDEX_KEY of now, while nothing else "
        "runs. Studies that were imported before are not recognised by an import afterwards."
    )
    requires_system_checks: list[str] = []  # they ask the database, which has the other key

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, and say what was done."""
        stored_keys.let_index_key_differ()
        rows = rebuilding.rebuild(self._show)
        self.stdout.write(f"{rows:,} rows have their indexes by the key of now.")

    def _show(self, table: str, rows: int) -> None:
        self.stdout.write(f"{table}: {rows:,}")
