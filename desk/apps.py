"""The staff's workplace, above all apps."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    """Comes first, so that its templates win."""

    name = "desk"

    def ready(self) -> None:
        """Work of any app may fail: its cases are the workplace's. What erases people in histories
        is put into the database after each migration."""
        from desk import failures
        from desk.personal_data.append_only import expiry, function

        failures.register()
        post_migrate.connect(function.put_up, sender=self, dispatch_uid="desk.erasures")
        post_migrate.connect(expiry.put_up, sender=self, dispatch_uid="desk.expiry")


class SiteConfig(AdminConfig):
    """Django's admin, with a frame of ours."""

    default_site = "desk.site.AdminSite"
