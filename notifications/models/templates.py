"""The texts of messages, and what each of them once was."""

from django.core.exceptions import ValidationError
from django.db import models

from core.database import clock
from core.history.tracking import tracked
from customers.values.languages import canonical, default_language, validate_language
from notifications.channels import channel_choices, channels
from notifications.content.fields import check_fields, fields_for
from notifications.content.rendering import (
    LONGEST_HTML,
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    validate_body,
    validate_html,
    validate_subject,
)
from notifications.content.sensitive_terms import check_sensitive_terms
from notifications.models.topics import Occasion


class WhenUnknown(models.TextChoices):
    """What happens to a message of which nobody knows whether it was sent, as after a time-out."""

    STAFF = "staff", "leave it to staff"
    RESEND = "resend", "send it again: coming twice does no harm"


@tracked()
class Template(models.Model):
    """The texts for an occasion; `{user_name}` and the other fields are filled in.

    The texts here are those of the current version: each change makes a new one
    (`template_versions.py`).
    """

    is_reference = True

    occasion = models.CharField(max_length=40, choices=Occasion.choices)
    name = models.SlugField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Empty: the usual words. A rule or a mailing may name others.",
    )
    channel = models.CharField(max_length=20, choices=channel_choices)
    language = models.CharField(
        max_length=20,
        default=default_language,
        db_default="en",
        validators=[validate_language],
        help_text="BCP 47, such as en, sw or pt-BR.",
    )
    subject = models.CharField(
        max_length=LONGEST_SUBJECT,
        blank=True,
        default="",
        validators=[validate_subject],
        help_text="Where the channel has a place for it, such as e-mail.",
    )
    body = models.TextField(max_length=LONGEST_MESSAGE, validators=[validate_body])
    html = models.TextField(
        "HTML body",
        max_length=LONGEST_HTML,
        blank=True,
        default="",
        db_default="",
        validators=[validate_html],
        help_text="E-mail only. Empty: the text in Dosette's plain layout.",
    )
    when_unknown = models.CharField(
        "after a time-out",
        max_length=10,
        choices=WhenUnknown.choices,
        default=WhenUnknown.STAFF,
        help_text="When nobody knows whether a message was sent.",
    )
    current = models.ForeignKey(
        "TemplateVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ["occasion", "name", "channel", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "name", "channel", "language"], name="one_template_per_case"
            )
        ]

    def __str__(self) -> str:
        name = f" “{self.name}”" if self.name else ""
        case = f"{self.get_occasion_display()}{name}, by {self.get_channel_display()}"
        return f"{case}, {self.language}"

    def clean(self) -> None:
        """Raise ValidationError for a field that is not there, and for health data in the open."""
        self.language = canonical(self.language)
        if self.html and self.channel != "email":
            raise ValidationError({"html": "Only e-mail has an HTML body."})
        known = fields_for(self.occasion, self.channel)
        for name in ("subject", "body", "html"):
            try:
                check_fields(getattr(self, name), known)
            except ValidationError as error:
                raise ValidationError({name: error}) from error
        if self.channel in channels():
            check_sensitive_terms(self.channel, self.body, self.subject, field="body")


class TemplateVersion(models.Model):
    """A template's texts as they once were, or are. Never changed."""

    is_append_only = True

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=LONGEST_SUBJECT, blank=True, default="")
    body = models.TextField()
    html = models.TextField(blank=True, default="")
    made_at = models.DateTimeField(default=clock.now, editable=False)
    made_by = models.CharField(max_length=100, default="system")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="one_version_per_number")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
