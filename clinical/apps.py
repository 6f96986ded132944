"""Django's view of this app."""

from django.apps import AppConfig


class ClinicalConfig(AppConfig):
    """The app's name and its start."""

    name = "clinical"

    def ready(self) -> None:
        """Register what can go wrong."""
        from clinical import staff_actions

        staff_actions.register_kinds()
