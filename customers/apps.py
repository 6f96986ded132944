"""Django's view of this app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The app's name and its start."""

    name = "customers"

    def ready(self) -> None:
        """Offer the import."""
        from core.imports.registry import register
        from customers.imports import CustomerImporter

        register(CustomerImporter)
