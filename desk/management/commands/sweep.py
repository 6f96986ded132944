"""`manage.py sweep`: finds work that was written down and not done, and gets it going again."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connections
from django.utils.module_loading import module_has_submodule

from core import failures, shutdown
from core.database import clock
from core.failures import StepsFailedError
from core.observability import metrics, tracing
from core.web.health import may_sweep
from desk.metrics import PASSES, REPAIRS

logger = logging.getLogger(__name__)


PAUSE = 3.0
LONGEST_PAUSE = 10.0


class Command(BaseCommand):
    """Runs every app's sweeper, once or for ever."""

    help = "Repair what a crash or an outage left undone, every few seconds until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--once` for one pass; `--heartbeat` for health checks."""
        parser.add_argument("--once", action="store_true", help="one pass; prints what it repaired")
        parser.add_argument(
            "--heartbeat", type=Path, metavar="FILE", help="touched after every successful pass"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One pass, or one after the other until SIGTERM or Ctrl-C."""
        if options["once"]:
            self._once()
            return
        stop = threading.Event()

        def end(*_: Any) -> None:
            stop.set()
            shutdown.begin()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        run(stop, options["heartbeat"])

    def _once(self) -> None:
        if not _may_sweep():
            raise CommandError(clock.fault())
        repaired, failed = sweep_all()
        for what, count in repaired.items():
            self.stdout.write(f"{what}: {count}")
        if failed:
            raise CommandError(f"The sweeper failed in: {', '.join(failed)}. See the log.")
        if not repaired:
            self.stdout.write("Nothing to repair.")


def run(stop: threading.Event, heartbeat: Path | None = None, pause: float = PAUSE) -> None:
    """Sweep until `stop` is set. After a failure the pauses grow; the next success ends that."""
    tracing.start("sweeper")
    metrics.start()
    wait = pause
    while not stop.is_set():
        repaired, failed = sweep_all() if _may_sweep() else ({}, ["clock"])
        if repaired:
            logger.info("repaired %s", ", ".join(f"{what}: {n}" for what, n in repaired.items()))
        wait = min(wait * 2, LONGEST_PAUSE) if failed else pause
        if failed:
            logger.warning("next sweep in %.0f seconds", wait)
        elif heartbeat:
            heartbeat.touch()
        stop.wait(wait)


def _may_sweep() -> bool:
    try:
        return may_sweep("sweep")
    except DatabaseError:  # never reached yet: the sweepers say so, and close what is broken
        return True


def sweep_all() -> tuple[dict[str, int], list[str]]:
    """What all sweepers repaired, by app and kind, and the apps whose sweeper failed.

    One that fails does not keep the others from their work.
    """
    with failures.read_once():
        repaired, failed = _sweep_each()
    for what, count in repaired.items():
        REPAIRS.add(count, what=what)
    if not failed:
        PASSES.now()
    return repaired, failed


def _sweep_each() -> tuple[dict[str, int], list[str]]:
    repaired: dict[str, int] = {}
    failed = []
    for name, sweep in sweepers():
        counts = {}
        if shutdown.is_requested():
            break
        try:
            counts = sweep()
        except StepsFailedError as error:
            counts = error.done
            failed.append(name)
        except Exception as error:  # noqa: BLE001 - the loop must outlive a bug
            _log(name, error)
            failed.append(name)
        repaired |= {f"{name}: {what}": count for what, count in counts.items() if count}
    return repaired, failed


def _log(name: str, error: Exception) -> None:
    """The log must tell of a bug; a database that is away is none."""
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("%s: the database does not answer (%s)", name, type(error).__name__)
        connections.close_all()
    else:
        logger.error("%s: the sweeper failed", name, exc_info=error)


def sweepers() -> Iterator[tuple[str, Callable[[], dict[str, int]]]]:
    """Every app's `sweeper.sweep`, by the app's name."""
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "sweeper"):
            yield config.label, import_module(f"{config.name}.sweeper").sweep
