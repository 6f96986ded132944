"""Django's view of this app."""

from django.apps import AppConfig


class ShippingConfig(AppConfig):
    """The app's name and its start."""

    name = "shipping"

    def ready(self) -> None:
        """Connect the receivers, register the checks and what can go wrong."""
        from . import actions, checks, signals  # noqa: F401

        actions.register_kinds()
