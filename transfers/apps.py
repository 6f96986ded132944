"""Django's view of this app."""

from django.apps import AppConfig


class TransfersConfig(AppConfig):
    """The app's name and its title."""

    name = "transfers"
    verbose_name = "imports and exports"

    def ready(self) -> None:
        """Register what can go wrong."""
        from transfers import cases

        cases.register_kinds()
