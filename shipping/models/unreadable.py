"""What providers said in a proven webhook that nobody here understands (yet)."""

from typing import Any

from django.db import models

from core.database import clock
from shipping.models.shipments import Shipment


class UnreadableEvent(models.Model):
    """An event of an unknown status, one that cannot be read, or a whole body that holds none.

    Kept as it came, for staff, and until the provider's file has learned it. Moves nothing.
    """

    provider = models.CharField(max_length=30)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of what came.")
    # One of the two: the part of a body, or the body.
    raw: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True)
    body = models.BinaryField(null=True, blank=True)
    problem = models.CharField(max_length=200, help_text="What we cannot read, in our words.")
    # As far as they could be made out.
    order_id = models.CharField("reference", max_length=35, blank=True, default="")
    raw_status = models.CharField(max_length=100, blank=True, default="")
    event_time = models.DateTimeField(null=True, blank=True)
    shipment = models.ForeignKey(
        Shipment, on_delete=models.CASCADE, null=True, blank=True, related_name="unreadable_events"
    )
    received_at = models.DateTimeField(default=clock.now, editable=False)
    set_aside_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "event not understood"
        verbose_name_plural = "events not understood"
        constraints = [
            models.UniqueConstraint(fields=["provider", "digest"], name="each_unreadable_once")
        ]
        indexes = [models.Index(fields=["provider", "-id"], name="unreadable_by_provider")]

    def __str__(self) -> str:
        return f"{self.provider} {self.pk}"
