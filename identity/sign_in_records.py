"""What is kept of sign-ins: the sessions that are open, and e-mails about changes."""

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models

from core.database import clock


class OpenSession(models.Model):
    """A browser in which somebody is signed in; gone with its session, whose key stays unseen."""

    # No constraint, and nothing cascades: Django deletes sessions without asking who knows them.
    session = models.OneToOneField(
        Session, on_delete=models.DO_NOTHING, db_constraint=False, related_name="open_session"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=60)
    seen_at = models.DateTimeField(default=clock.now, help_text="To within a few minutes.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.device}, user {self.user_id}"


class Notice(models.Model):
    """An e-mail that tells somebody of a change to how they sign in, or of what they must look at;
    gone once it is sent."""

    class What(models.TextChoices):
        """The change."""

        PASSWORD = "password", "Your password was set"
        PASSWORD_REMOVED = "password-removed", "Your password was taken away"
        FACTOR = "factor", "A second factor was set up for you"
        FACTOR_REMOVED = "factor-removed", "Your second factor was taken away"
        CODES = "codes", "Your recovery codes were replaced"
        CODE_USED = "code-used", "One of your recovery codes was used"
        EMAIL = "email", "Your e-mail address was changed"
        INVITATION = "invitation", "You are invited to Dosette"
        ACCOUNT = "account", "An account of the sign-in service was linked to you"
        CALLED = "called", "A critical result waits for you"
        CORRECTED = "corrected", "A result that you may have seen was corrected"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=20, choices=What.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # As it was: who changes the address first is told of at the old one.
    recipient = models.EmailField()
    at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.what}, user {self.user_id}"
