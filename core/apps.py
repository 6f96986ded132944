"""Django's view of this app."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    """The app's name and its start."""

    name = "core"

    def ready(self) -> None:
        """Guard histories after each migration, and refuse to work as a superuser or with other
        keys than the database's."""
        from core.database import append_only, reference, roles, versions
        from core.encryption import stored_keys
        from core.history import origin, tracking

        post_migrate.connect(append_only.guard, sender=self, dispatch_uid="core.records")
        # The library's triggers are there by then: they come with migrations.
        post_migrate.connect(tracking.guard, sender=self, dispatch_uid="core.history")
        post_migrate.connect(reference.watch, sender=self, dispatch_uid="core.reference")
        post_migrate.connect(versions.count, sender=self, dispatch_uid="core.versions")
        connection_created.connect(roles.refuse_superuser, dispatch_uid="core.roles")
        connection_created.connect(
            stored_keys.verify_first_connection, dispatch_uid="core.stored_keys"
        )
        post_migrate.connect(
            stored_keys.verify_after_migrations, sender=self, dispatch_uid="core.stored_keys"
        )
        connection_created.connect(origin.attach, dispatch_uid="core.history")
