"""The rules that staff set for which provider an order goes by."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core.history.tracking import tracked
from customers.values.countries import validate_country
from orders.models import DeliveryService, ProductKind


@tracked()
class RoutingRule(models.Model):
    """Orders like this go by that provider. The first rule that takes an order decides.

    An empty condition holds for every order. `share` per cent of the orders that reach a rule are
    taken by it: which ones depends on the rule and the order's number alone.
    """

    is_reference = True

    name = models.CharField(max_length=60, help_text="What it is for, in a few words.")
    priority = models.PositiveSmallIntegerField(
        default=100, help_text="Lower numbers are asked first."
    )
    is_active = models.BooleanField("in use", default=False)
    country = models.CharField(
        max_length=2, blank=True, default="", validators=[validate_country], help_text="Or any."
    )
    delivery_service = models.CharField(
        max_length=20, choices=DeliveryService.choices, blank=True, default="", help_text="Or any."
    )
    kind = models.CharField(
        "product kind",
        max_length=20,
        choices=ProductKind.choices,
        blank=True,
        default="",
        help_text="Orders that hold at least one such product. Or any.",
    )
    weight_from = models.PositiveIntegerField(
        null=True, blank=True, help_text="Grams, of the whole parcel. Or any."
    )
    weight_below = models.PositiveIntegerField(
        null=True, blank=True, help_text="Grams: lighter than this. Or any."
    )
    share = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Per cent of these orders. The others go on to the next rule.",
    )
    provider = models.CharField(max_length=30)

    class Meta:
        ordering = ["priority", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(share__range=(1, 100)), name="routing_share")
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError for weights that no parcel has."""
        least, below = self.weight_from, self.weight_below
        if below == 0 or (least is not None and below is not None and least >= below):
            raise ValidationError({"weight_below": "No parcel is as light as that: raise it."})
