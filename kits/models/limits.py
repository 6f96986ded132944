"""What staff set for each kit type."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from core.database.versions import VersionField
from core.history.tracking import tracked
from orders.models import Product, ProductKind

MOST = 10


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


def limits_of(product: Product) -> KitLimits:
    """Those that staff set, or the defaults, not saved."""
    return KitLimits.objects.filter(product=product).first() or KitLimits(product=product)
