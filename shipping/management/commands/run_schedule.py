"""Ships what is due by the schedules."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.dates import iso_date
from shipping.running import Tally, run_schedule

FURTHEST = timedelta(days=5 * 366)


class Command(BaseCommand):
    """Makes the shipments that are due; safe to run again, or twice at once."""

    help = "Ship what is due by the schedules. Safe to run again, or twice at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--today`."""
        parser.add_argument(
            "--today",
            metavar="YYYY-MM-DD",
            help="ship as if this were today everywhere (default: now in each schedule's zone)",
        )

    def handle(self, *, today: str | None = None, **_: Any) -> None:
        """Run, say how far it is, and what it did."""
        total = run_schedule(_day(today), progress=self._progress)
        later = f"{total.scheduled} for a later working day, " if total.scheduled else ""
        self.stdout.write(
            f"{total.queued} shipments queued, {later}{total.missed} recorded as missed, "
            f"for {total.schedules} schedules."
        )

    def _progress(self, tally: Tally) -> None:
        # On a screen the same line again and again, in a log one line a chunk.
        end = "\r" if self.stderr.isatty() else "\n"
        self.stderr.write(f"{tally.schedules} schedules …", ending=end)
        self.stderr.flush()


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = iso_date(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date. Write it as 2026-01-31.") from None
    if day > timezone.localdate() + FURTHEST:
        raise CommandError(f"{day} is more than five years ahead: those parcels would leave now.")
    return day
