"""By which channel and with which text something is announced."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models

from core.database import clock
from core.history.tracking import tracked
from notifications.channels import channel_choices
from notifications.models.templates import Template
from notifications.models.topics import ANNOUNCED_OCCASIONS
from orders.models import Product, ProductKind


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
