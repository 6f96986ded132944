"""What staff decide: what is announced, by which channel, with which text, and how often."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from core.database import clock
from core.history.tracking import tracked
from customers.values.languages import canonical, default_language, validate_language
from notifications.channels import channel_choices, channels
from notifications.content.rendering import (
    LONGEST_HTML,
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    check_fields,
    fields_for,
    validate_body,
    validate_html,
    validate_subject,
)
from notifications.content.sensitive_terms import check_sensitive_terms
from orders.models import Product, ProductKind


class Occasion(models.TextChoices):
    """What a customer may be notified of. A parcel's occasion is its state behind `shipment-`."""

    ORDER_PLACED = "order-placed", "order placed"
    ORDER_NEEDS_ADDRESS = "order-needs-address", "order waits for an address"
    ORDER_CANCELLED = "order-cancelled", "order cancelled"
    WAITING = "shipment-waiting-for-collection", "parcel waiting for the carrier"
    IN_TRANSIT = "shipment-in-transit", "parcel on its way"
    DELIVERED = "shipment-delivered", "parcel delivered"
    FAILED = "shipment-failed-to-deliver", "parcel not delivered"
    DIGEST = "shipments-digest", "several parcels at once"
    MAILING = "mailing", "message to many"


# What happens by itself, and so has rules and a switch.
ANNOUNCED_OCCASIONS = [
    (occasion.value, occasion.label)
    for occasion in Occasion
    if occasion not in (Occasion.DIGEST, Occasion.MAILING)
]


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


@tracked()
class Rule(models.Model):
    """By which channel and with which template an occasion is announced.

    The most specific rule that is valid today wins: kit type before kind of product before any;
    among those, one with dates before one without.
    """

    is_reference = True

    occasion = models.CharField(max_length=40, choices=ANNOUNCED_OCCASIONS)
    product_kind = models.CharField(
        max_length=20, choices=ProductKind.choices, blank=True, default="", help_text="Empty: any."
    )
    kit_type = models.CharField(
        max_length=35, blank=True, default="", help_text="A DNA kit's item id. Empty: any."
    )
    channel = models.CharField(max_length=20, choices=channel_choices)
    template_name = models.SlugField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="The name of a template of this event. Empty: the usual words.",
    )
    is_active = models.BooleanField(default=True)
    valid_from = models.DateField(null=True, blank=True, help_text="The first day. Empty: always.")
    valid_until = models.DateField(null=True, blank=True, help_text="The last day. Empty: always.")

    class Meta:
        ordering = ["occasion", "-kit_type", "-product_kind", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "product_kind", "kit_type", "valid_from", "valid_until"],
                name="one_rule_per_case_and_period",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        case = self.kit_type or self.product_kind
        return f"{self.get_occasion_display()}{f', {case}' if case else ''}: {self.channel}"

    def clean(self) -> None:
        """Raise ValidationError for unknown kits, templates not written, dates reversed."""
        self._check_kit()
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValidationError({"valid_until": "It ends before it begins."})
        templates = Template.objects.filter(occasion=self.occasion, name=self.template_name)
        if self.template_name and not templates.filter(channel=self.channel).exists():
            text = "This event has no template of this name for this channel. Write it first."
            raise ValidationError({"template_name": text})

    def _check_kit(self) -> None:
        if not self.kit_type:
            return
        if self.product_kind not in ("", ProductKind.DNA_KIT):
            raise ValidationError({"product_kind": "Only DNA kits have a kit type."})
        self.product_kind = ProductKind.DNA_KIT
        kits = Product.objects.filter(kind=ProductKind.DNA_KIT, item_id=self.kit_type)
        kept = Rule.objects.filter(pk=self.pk, kit_type=self.kit_type)
        if not kits.exists() and not kept.exists():
            raise ValidationError({"kit_type": "There is no DNA kit with this item id."})

    def is_valid_on(self, day: date | None = None) -> bool:
        """Whether it holds on this day; today in the project's zone when none is named."""
        day = day or clock.today()
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)


@tracked()
class Topic(models.Model):
    """Whether an occasion is announced at all, and whether it can wait."""

    is_reference = True

    occasion = models.CharField("event", max_length=40, choices=ANNOUNCED_OCCASIONS, unique=True)
    is_on = models.BooleanField(
        "customers hear of it",
        default=True,
        help_text="Off: nobody is told; the messages are kept as suppressed, with the reason.",
    )
    critical = models.BooleanField(
        default=False, help_text="Goes out in quiet hours too, and however many there were."
    )

    class Meta:
        ordering = ["occasion"]
        verbose_name = "event"

    def __str__(self) -> str:
        return str(self.get_occasion_display())


@tracked()
class Limits(models.Model):
    """How many messages a customer gets, and when. One row; what is empty or 0 is off."""

    is_reference = True

    quiet_from = models.TimeField(
        null=True, blank=True, help_text="In the customer's time zone. Empty: never quiet."
    )
    quiet_until = models.TimeField(null=True, blank=True)
    messages_per_day = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="To one customer in any 24 hours; the rest waits. 0: no limit.",
    )
    duplicate_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(1440)],
        help_text="The same words to the same customer within this time are told once. 0: off.",
    )
    digest_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(120)],
        help_text="News of more parcels within this time after the first become one message. "
        "0: off.",
    )

    class Meta:
        verbose_name = "limits"
        verbose_name_plural = "limits"

    def __str__(self) -> str:
        return "limits"

    def clean(self) -> None:
        """Raise ValidationError for half of the quiet hours."""
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": "Give both hours, or neither."})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": "It would always be quiet."})
