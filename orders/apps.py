"""Django's view of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The app's name and its start."""

    name = "orders"

    def ready(self) -> None:
        """Register the checks."""
        from orders import checks  # noqa: F401
