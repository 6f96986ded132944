"""What messages cost, a row for each day, service and currency; and what others are likely to."""

from datetime import timedelta
from decimal import Decimal

from django.db import models

from core.database import clock
from core.values.money import Price


class DailyCosts(models.Manager["DailyCost"]):
    """All of them."""

    def likely(self, channel: str, count: int) -> str:
        """What so many messages would cost, by the last thirty days; "" when that is not known."""
        days = self.filter(channel=channel, day__gte=clock.today() - timedelta(days=30))
        rows = days.exclude(currency="").order_by().values("currency")
        sums = rows.annotate(all=models.Sum("amount"), many=models.Sum("messages"))
        prices = [
            Price((row["all"] / row["many"] * count).quantize(Decimal("0.01")), row["currency"])
            for row in sums
            if row["many"]
        ]
        return " or ".join(str(price) for price in prices)


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

    objects = DailyCosts()

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
