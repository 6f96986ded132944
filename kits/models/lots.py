"""Lots: what was made together, and is good until the same day."""

from datetime import date

from django.db import models

from core.database import clock
from customers.models import LONGEST_LINE
from customers.values.validators import CodeLetters
from orders.models import Product


class Lot(models.Model):
    """Kits of one type that expire together. Made by an import, and never changed.

    A lot whose day was wrong is imported anew, under the number that its maker prints.
    """

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="lots", db_index=False
    )
    number = models.CharField(max_length=LONGEST_LINE, validators=[CodeLetters()])
    expires_on = models.DateField(help_text="The last day on which a kit of it may be used.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="each_lot_once_per_type")
        ]
        indexes = [models.Index(fields=["expires_on", "id"], name="lot_by_expiry")]

    def __str__(self) -> str:
        return self.number

    @property
    def kit_type(self) -> str:
        """The type of its kits: its product's `item_id`."""
        return self.product.item_id

    def has_expired(self, today: date) -> bool:
        """Whether none of its kits may be used any more."""
        return self.expires_on < today
