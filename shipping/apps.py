"""Django's view of this app."""

from django.apps import AppConfig


class ShippingConfig(AppConfig):
    """The app's name and its start."""

    name = "shipping"

    def ready(self) -> None:
        """Connect the receivers, register the checks and what can go wrong."""
        from shipping import checks, signals
        from shipping.staff_actions import kinds

        kinds.register_kinds()
