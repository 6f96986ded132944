"""Django's view of this app."""

from django.apps import AppConfig


class KitsConfig(AppConfig):
    """The app's name and its start."""

    name = "kits"

    def ready(self) -> None:
        """Connect the receivers, offer the import, and register what can go wrong."""
        from core.imports.registry import register
        from kits import signals, staff_actions
        from kits.imports import KitImporter

        register(KitImporter)
        staff_actions.register_kinds()
