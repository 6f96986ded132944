"""`manage.py personal_data`: all that is held of a person as a ZIP, or what an erasure would do."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from desk.models import Erasure, check_is_there
from desk.personal_data import erasure, export
from desk.personal_data.parts import NotErasableError, Subject
from identity.models import User


class Command(BaseCommand):
    """For whoever runs Dosette; an erasure itself needs two people, in the admin."""

    help = "Writes all that is held of a customer or patient to a ZIP, or previews an erasure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose data, and what for."""
        parser.add_argument("kind", choices=Erasure.Kind.values)
        parser.add_argument("key", type=int, help="the customer's or patient's number")
        parser.add_argument("--export", metavar="FILE", help="write the ZIP here, over no file")
        parser.add_argument("--by", metavar="NAME", help="who exports: a person of the staff")
        parser.add_argument("--reason", default="", help="why; kept on record")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the ZIP, or say what an erasure would do."""
        subject = Subject(options["kind"], options["key"])
        try:
            check_is_there(subject.kind, subject.key)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if options["export"]:
            self._export(subject, options)
            return
        try:
            effects = erasure.preview(subject)
        except NotErasableError as error:
            raise CommandError(str(error)) from error
        for effect in effects:
            stays = f" Stays: {effect.kept}" if effect.kept else ""
            self.stdout.write(f"{effect.name}: {effect.rows} rows would be erased.{stays}")

    def _export(self, subject: Subject, options: dict[str, Any]) -> None:
        person = User.objects.filter(username=options["by"] or "").first()
        if person is None or not options["reason"]:
            raise CommandError("Say who exports (--by, a person of the staff), and why (--reason).")
        try:
            pieces = export.give_out(subject, to=person, who=person, reason=options["reason"])
        except ValidationError as error:
            raise CommandError(f"--reason: {' '.join(error.messages)}") from error
        try:
            with Path(options["export"]).open("xb") as file:
                for piece in pieces:
                    file.write(piece)
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Written to {options['export']}.")
