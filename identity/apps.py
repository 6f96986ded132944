"""Django's view of this app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_save


class IdentityConfig(AppConfig):
    """The app's name and its start."""

    name = "identity"

    def ready(self) -> None:
        """Connect what listens, and register the system checks."""
        from axes.models import AccessAttempt

        from identity import checks
        from identity.passwords.attempts import keep_nothing_typed
        from identity.rights.roles import keep_in_step
        from identity.sign_in import fresh

        pre_save.connect(keep_nothing_typed, AccessAttempt, dispatch_uid="identity.attempts")

        # Runs after django.contrib.auth's receiver, which makes the permissions: listed before us.
        post_migrate.connect(keep_in_step, dispatch_uid="identity.roles")
