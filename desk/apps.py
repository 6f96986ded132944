"""The staff's workplace, above all apps."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Comes first, so that its templates win."""

    name = "desk"

    def ready(self) -> None:
        """Work of any app may fail: its cases are the workplace's."""
        from desk import failures

        failures.register()
