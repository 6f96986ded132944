"""Django's view of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The app's name and its start."""

    name = "orders"

    def ready(self) -> None:
        """Connect the receivers, register the checks and what can go wrong."""
        from orders import checks, signals, staff_actions

        staff_actions.register_kinds()
