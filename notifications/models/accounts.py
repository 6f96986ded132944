"""The accounts at services that can be asked what is left on them."""

from decimal import Decimal

from django.db import models
from django.db.models import F, QuerySet


class Balance(models.Model):
    """The account at one service, as it was when it was last asked."""

    provider = models.CharField("service", max_length=30, unique=True)
    amount = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    threshold = models.DecimalField(
        max_digits=18, decimal_places=6, default=Decimal(0), help_text="From BALANCE_ALERTS."
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(
        null=True, blank=True, db_column="said_at", help_text="When it last answered."
    )
    problem = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["provider"]
        verbose_name = "account"

    def __str__(self) -> str:
        return self.provider

    @classmethod
    def low(cls) -> "QuerySet[Balance]":
        """Those that hold less than they should."""
        return cls.objects.filter(amount__lt=F("threshold"))
