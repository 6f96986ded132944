"""Django's view of this app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The app's name and its start."""

    name = "core"
