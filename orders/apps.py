"""Django's view of this app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The app's name and its start."""

    name = "orders"

    def ready(self) -> None:
        """Connect the receivers, register the checks, what can go wrong, and the import."""
        from core.imports.registry import register
        from orders import checks, signals, staff_actions
        from orders.imports.products import ProductImporter

        register(ProductImporter)
        staff_actions.register_kinds()
