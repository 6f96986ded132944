"""Kits that are sent anew because one could not be used."""

from django.db import models

from core.database import clock
from kits.models.kits import Kit
from orders.models import Order


class Replacement(models.Model):
    """The order, for nothing, that was placed in place of a kit: one for each kit, ever."""

    kit = models.OneToOneField(Kit, on_delete=models.PROTECT, related_name="replacement")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="replaces_kit")
    actor = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.order.number} in place of {self.kit}"
