"""What staff set for each kit type."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core.database.versions import VersionField
from core.history.tracking import tracked
from orders.models import Product, ProductKind

MOST = 10


def _number(
    label: str, default: int, least: int, most: int, text: str
) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(
        label,
        default=default,
        db_default=default,
        validators=[MinValueValidator(least), MaxValueValidator(most)],
        help_text=text,
    )


@tracked()
class KitLimits(models.Model):
    """The limits of one kit type. Without a row its defaults hold."""

    product = models.OneToOneField(
        Product,
        on_delete=models.CASCADE,
        related_name="+",
        limit_choices_to={"kind": ProductKind.DNA_KIT},
        verbose_name="kit type",
    )
    most_replacements = models.PositiveSmallIntegerField(
        "replacements at most",
        default=1,
        validators=[MaxValueValidator(MOST)],
        help_text="How often a kit that cannot be used is sent anew for nothing, one after the "
        "other. 0: never.",
    )
    expiry_warning_days = _number(
        "warn before expiry", 60, 1, 730, "Days before the last day of a lot with kits of use."
    )
    remind_after_days = _number(
        "remind after", 14, 1, 365, "Days after delivery: the customer is reminded, once."
    )
    return_within_days = _number(
        "to be back within", 30, 1, 730, "Days after delivery; what is not on its way is a case."
    )
    stability_hours = models.PositiveSmallIntegerField(
        "samples keep for",
        null=True,
        blank=True,
        validators=[MinValueValidator(25), MaxValueValidator(24 * 365)],
        help_text="Hours from sampling to receipt; a day before they are over it is a case. "
        "Empty: they keep.",
    )
    laboratory_days = _number(
        "results within", 14, 1, 365, "Days after receipt; what has no result then is a case."
    )
    version = VersionField()

    class Meta:
        ordering = ["product__item_id"]
        verbose_name = "limits of a kit type"
        verbose_name_plural = "limits of kit types"
        constraints = [
            models.CheckConstraint(
                condition=Q(most_replacements__lte=MOST), name="kit_replacements_in_bounds"
            )
        ]

    def __str__(self) -> str:
        return self.product.item_id

    def clean(self) -> None:
        """Raise ValidationError when a reminder would come too late."""
        times = (self.remind_after_days, self.return_within_days)
        if None not in times and self.remind_after_days >= self.return_within_days:
            text = "Remind before the kit is to be back."
            raise ValidationError({"remind_after_days": text})


def limits_of(product: Product) -> KitLimits:
    """Those that staff set, or the defaults, not saved."""
    return KitLimits.objects.filter(product=product).first() or KitLimits(product=product)
