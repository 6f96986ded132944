"""Django's view of this app."""

from django.apps import AppConfig


class NaiveConfig(AppConfig):
    """The app's name and its start."""

    name = "bench.naive"
    label = "naive"

    def ready(self) -> None:
        """Connect what listens."""
        from bench.naive import admin, signals
