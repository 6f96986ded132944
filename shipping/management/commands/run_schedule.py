"""Ships what is due by the schedules, or simulates the days to come without writing anything."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.database import clock
from core.observability.progress import Progress
from core.values.dates import iso_date
from core.web.health import may_sweep
from shipping.schedules import capacity
from shipping.schedules.forecast import Forecast
from shipping.schedules.run import due, run_schedule

FURTHEST = timedelta(days=5 * 366)
MOST_DAYS, MOST_SCHEDULES = 5 * 366, 100_000_000
BUSIEST = 10
SIMULATION_ONLY = ("days", "schedules", "rate", "within")


class Command(BaseCommand):
    """Makes the shipments that are due; safe to run again, or twice at once."""

    help = "Ship what is due by the schedules. Safe to run again, or twice at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--today`, or `--simulate` and what belongs to it."""
        parser.add_argument(
            "--today",
            metavar="YYYY-MM-DD",
            help="ship as if this were today everywhere (default: now in each schedule's zone)",
        )
        parser.add_argument(
            "--simulate", action="store_true", help="write nothing: show what the coming days need"
        )
        parser.add_argument("--days", type=int, help="days to simulate (default: 365)")
        parser.add_argument("--schedules", type=int, help="simulate this many synthetic schedules")
        parser.add_argument(
            "--rate",
            type=float,
            help="parcels a second that one worker hands over (default: as measured lately)",
        )
        parser.add_argument(
            "--within", type=float, help="hours in which a day's parcels must go out (default: 1)"
        )

    def handle(self, *, simulate: bool = False, today: str | None = None, **given: Any) -> None:
        """Run or simulate; say how far it is, and what came of it."""
        options = {name: given[name] for name in SIMULATION_ONLY if given.get(name) is not None}
        if simulate and today is not None:
            raise CommandError("A simulation begins today: leave --today out.")
        if options and not simulate:
            raise CommandError(f"--{next(iter(options))} goes with --simulate only.")
        if simulate:
            self._simulate(**options)
        else:
            self._run(_day(today))

    def _run(self, today: date | None) -> None:
        if not may_sweep("run_schedule"):
            raise CommandError(clock.fault())
        shown = Progress(self.stderr, "schedules", due(today))
        total = run_schedule(today, progress=lambda summary: shown.show(summary.schedules))
        shown.done()
        later = f"{total.scheduled} for a later working day, " if total.scheduled else ""
        self.stdout.write(
            f"{total.queued} shipments queued, {later}{total.missed} recorded as missed, "
            f"for {total.schedules} schedules."
        )

    def _simulate(
        self, days: int = 365, schedules: int = 0, rate: float | None = None, within: float = 1
    ) -> None:
        _check(days, schedules, rate, within)
        shown = Progress(self.stderr, "schedules", schedules)
        result, simulated = capacity.simulate(days, schedules, progress=shown.show)
        shown.done()
        self.stdout.write(
            f"{simulated:,} {'made-up ' if schedules else ''}schedules from {result.first} "
            f"to {result.last}: {result.total:,} parcels, {result.total / days:,.0f} a day."
        )
        if result.total:
            self._print_workers(result, rate, within)
        self.stdout.write("Nothing was written.")

    def _print_workers(self, result: Forecast, rate: float | None, within: float) -> None:
        measured = None if rate else capacity.measured_rate()
        speed = rate or measured or capacity.ASSUMED_RATE
        source = "given" if rate else "measured" if measured else "assumed: --rate says it better"
        self.stdout.write(
            f"Each worker hands over {speed:,.0f} parcels a second ({source}); "
            f"a day's parcels are to be out within {within:g} h."
        )
        self.stdout.write(_LINE.format("busiest days", "parcels", "workers"))
        average = result.total / len(result.dates())
        for day, parcels in (*result.busiest(BUSIEST), (None, average)):
            name = f"{day:%a} {day}" if day else "average"
            needed = capacity.workers(parcels, speed, within)
            self.stdout.write(_LINE.format(name, f"{parcels:,.0f}", f"{needed:,}"))
        self.stdout.write("A provider is worked by one of them at a time.")


_LINE = "  {:14} {:>12} {:>8}"


def _check(days: int, schedules: int, rate: float | None, within: float) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise CommandError(f"--days must be from 1 to {MOST_DAYS}.")
    if not 0 <= schedules <= MOST_SCHEDULES:
        raise CommandError(f"--schedules must be at most {MOST_SCHEDULES:,}.")
    if not (rate is None or rate > 0) or not within > 0:
        raise CommandError("--rate and --within must be above zero.")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = iso_date(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date. Write it as 2026-01-31.") from None
    if day > clock.today() + FURTHEST:
        raise CommandError(f"{day} is more than five years ahead: those parcels would leave now.")
    return day
