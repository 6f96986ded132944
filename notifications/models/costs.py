"""What messages cost, a row for each day, service and currency."""

from decimal import Decimal

from django.db import models


class DailyCost(models.Model):
    """What a service took on a day, and what that cost. Without a currency: it named no price.

    Added up when an answer is recorded, in the same transaction: a message that is sent again
    costs again, and its own row only shows the last price.
    """

    day = models.DateField(help_text="In the time zone of this house.")
    channel = models.CharField(max_length=20)
    provider = models.CharField("service", max_length=30)
    currency = models.CharField(max_length=3, blank=True, default="")
    messages = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=6, default=Decimal(0))

    class Meta:
        ordering = ["-day", "channel", "provider", "currency"]
        verbose_name = "cost of a day"
        verbose_name_plural = "costs"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "channel", "provider", "currency"], name="one_cost_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} by {self.provider}"
