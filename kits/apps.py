"""Django's view of this app."""

from django.apps import AppConfig


class KitsConfig(AppConfig):
    """The app's name and its start."""

    name = "kits"

    def ready(self) -> None:
        """Offer the import."""
        from core.imports.registry import register
        from kits.imports import KitImporter

        register(KitImporter)
