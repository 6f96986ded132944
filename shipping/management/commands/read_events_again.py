"""`manage.py read_events_again`: applies what providers' files have learned to read since."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shipping import providers
from shipping.models import ProviderProfile
from shipping.tracking import reread


class Command(BaseCommand):
    """Reads what was kept because nobody understood it; safe to repeat."""

    help = "Read again the events that were not understood, and apply those that now are."

    def add_arguments(self, parser: CommandParser) -> None:
        """One provider, or all."""
        parser.add_argument("provider", nargs="?", choices=providers.names())

    def handle(self, *args: Any, **options: Any) -> None:
        """Say of each provider how many are understood now."""
        for name in [options["provider"]] if options["provider"] else providers.names():
            profile = ProviderProfile.ensured(name)
            self.stdout.write(f"{name}: {reread.read_again(profile)} understood")
