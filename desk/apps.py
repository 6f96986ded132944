"""The staff's workplace, above all apps."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class DeskConfig(AppConfig):
    """Comes first, so that its templates win."""

    name = "desk"

    def ready(self) -> None:
        """Work of any app may fail: its cases are the workplace's."""
        from desk import failures

        failures.register()


class SiteConfig(AdminConfig):
    """Django's admin, with a frame of ours."""

    default_site = "desk.site.AdminSite"
