"""`manage.py after_restore`: makes a restored database safe to work with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.restoring import GAP, after_restore


class Command(BaseCommand):
    """Skips order numbers, and puts in doubt what may have left since the backup."""

    help = "Run once after a restore, before any worker, beat or sweeper starts."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--gap`: more than the orders that were placed since the backup."""
        parser.add_argument("--gap", type=int, default=GAP, help=f"numbers to skip ({GAP})")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what was done. Raises CommandError for a gap that would go back."""
        if options["gap"] < 0:
            raise CommandError("--gap must be 0 or more: numbers that were given out stay given.")
        for what, count in after_restore(options["gap"]).items():
            self.stdout.write(f"{what}: {count}")
