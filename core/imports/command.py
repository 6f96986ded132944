"""The management command of an import."""

import sys
import time
from argparse import ArgumentParser
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from core.imports.importer import Importer, run
from core.imports.report import Report

EVERY = 2.0  # seconds between two words of progress


class ImportCommand(BaseCommand):
    """`import_… FILE [--dry-run]`: exit 1, and nothing written, when a row is bad."""

    importer: ClassVar[type[Importer]]
    requires_system_checks = ()  # they import every page, and take longer than a short file

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and whether to try only."""
        parser.add_argument(
            "file", help="A CSV file in UTF-8 or a workbook (.xlsx), or - for standard input."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Check and count, but write nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file. Raises CommandError when it cannot be read or a row is bad."""
        importer = self.importer()
        try:
            with _opened(options["file"]) as stream:
                report = run(
                    importer,
                    stream,
                    by=f"command:import_{importer.noun}",
                    dry_run=options["dry_run"],
                    progress=_Progress(self, options["file"]),
                )
        except OSError as error:
            raise CommandError(f"Cannot read {options['file']}: {error.strerror}.") from error
        except DatabaseError as error:
            # Only its first line: the others quote values.
            first_line = str(error).partition("\n")[0]
            raise CommandError(
                f"The database refused, and nothing was written: {first_line}"
            ) from error
        self._write_report(report, importer.noun)

    def _write_report(self, report: Report, noun: str) -> None:
        for problem in report.problems:
            self.stderr.write(str(problem))
        if not report.ok:
            hidden = report.problem_count - len(report.problems)
            more = f" {hidden:,} of them are not shown." if hidden else ""
            count = f"{report.problem_count:,} problem{'s' if report.problem_count > 1 else ''}"
            raise CommandError(f"{count}.{more} Nothing was written.")
        start = "Dry run, nothing was written. " if report.dry_run else ""
        self.stdout.write(
            f"{start}{noun.capitalize()}: {report.created:,} created, "
            f"{report.updated:,} updated, {report.unchanged:,} unchanged."
        )


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")


class _Progress:
    """Writes to standard error how far a long import is; nothing about short ones."""

    def __init__(self, command: BaseCommand, name: str) -> None:
        path = Path(name)
        self._size = path.stat().st_size if name != "-" and path.is_file() else 0
        self._write = command.stderr.write
        self._next = time.monotonic() + EVERY
        self._spoke = False

    def __call__(self, stage: str, rows: int, size: int) -> None:
        is_time = time.monotonic() >= self._next
        if stage == "writing" and (self._spoke or is_time):
            self._write(f"Writing {rows:,} rows …")
        elif is_time:
            share = f" ({min(size * 100 // self._size, 100)} %)" if self._size else ""
            self._write(f"{rows:,} rows read{share} …")
            self._next, self._spoke = time.monotonic() + EVERY, True
