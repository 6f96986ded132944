"""Who wants no more messages, and how they let us know."""

from django.core.exceptions import ValidationError
from django.db import models

from core.database import clock
from customers.models import Customer
from notifications.channels import channel_choices, channels


class OptOut(models.Model):
    """A recipient who wants no more messages by a channel."""

    channel = models.CharField(max_length=20, choices=channel_choices)
    recipient = models.CharField(max_length=254, help_text="The phone number or e-mail address.")
    reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "opt-out"
        constraints = [
            models.UniqueConstraint(fields=["channel", "recipient"], name="one_opt_out_each")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    def clean(self) -> None:
        """Bring the address into its form. Raise ValidationError when it is none."""
        if channel := channels().get(self.channel):
            try:
                self.recipient = channel.clean(self.recipient)
            except ValidationError as error:
                raise ValidationError({"recipient": error}) from error


class Consent(models.Model):
    """One change of consent or preferences: whose, when, and how it reached us."""

    is_append_only = True

    class Kind(models.TextChoices):
        """What changed."""

        OPTED_OUT = "opted-out", "wants no more messages"
        OPTED_IN = "opted-in", "wants messages again"
        PREFERENCES = "preferences", "changed channel, language or time zone"

    class How(models.TextChoices):
        """How it reached us."""

        CALLBACK = "callback", "told to the service that carries messages"
        LINK = "link", "by the link in an e-mail"
        STAFF = "staff", "told to staff"
        API = "api", "told to a program"

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="consents"
    )
    channel = models.CharField(max_length=20, blank=True, default="")
    recipient = models.CharField(max_length=254, blank=True, default="")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    how = models.CharField(max_length=20, choices=How.choices)
    actor = models.CharField(max_length=100, default="system")
    detail = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "consent"
        verbose_name_plural = "consent history"
        indexes = [models.Index(fields=["recipient", "-id"], name="consent_by_recipient")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M}"
