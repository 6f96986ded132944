"""The staff's workplace, above all apps."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Comes first, so that its templates win."""

    name = "desk"
