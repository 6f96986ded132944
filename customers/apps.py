"""Django's view of this app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The app's name and its start."""

    name = "customers"
