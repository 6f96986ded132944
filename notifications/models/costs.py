"""What messages cost, a row for each day, service and currency; and what others are likely to."""

from datetime import timedelta
from decimal import Decimal

from django.db import models
from django.db.models.functions import Greatest

from core.database import clock
from core.values.money import Price


class DailyCosts(models.Manager["DailyCost"]):
    """All of them."""

    def likely(self, channel: str, count: int, segments: int = 1) -> str:
        """What so many messages of so many SMS each would cost, by what one SMS, or one message of
        another channel, cost in the last thirty days; "" when that is not known."""
        days = self.filter(channel=channel, day__gte=clock.today() - timedelta(days=30))
        rows = days.exclude(currency="").order_by().values("currency")
        # A message is one SMS at least: rows of the release before did not count them.
        each = Greatest("segments", "messages")
        sums = rows.annotate(all=models.Sum("amount"), many=models.Sum(each))
        wanted = count * segments
        prices = [
            Price((row["all"] / row["many"] * wanted).quantize(Decimal("0.01")), row["currency"])
            for row in sums
            if row["many"]
        ]
        return " or ".join(str(price) for price in prices)


class DailyCost(models.Model):
    """What a service took on a day, and what that cost. Without a currency: it named no price.

    Added up when an answer is recorded, in the same transaction: a message that is sent again
    costs again, and its own row only shows the last price.
    """

    day = models.DateField(help_text="In Dosette's own time zone.")
    channel = models.CharField(max_length=20)
    provider = models.CharField("service", max_length=30)
    currency = models.CharField(max_length=3, blank=True, default="")
    messages = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How many SMS they took; one for each other message."
    )
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
