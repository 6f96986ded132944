"""Asking a provider after a parcel that it has, or may have: a row each, sent like all others."""

from django.db import models
from django.db.models import Q

from core.outbox import OutboxRow
from shipping.models.shipments import Shipment


class Inquiry(OutboxRow):
    """One question to a provider, asked again when it is due; its answer is an event."""

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="inquiry")
    provider = models.CharField(max_length=30)
    state = models.CharField(max_length=30, default="queued", editable=False)

    class Meta:
        verbose_name_plural = "inquiries"
        indexes = [
            models.Index(
                fields=["provider", "next_attempt_at", "id"],
                condition=Q(state="queued"),
                name="inquiry_due",
            ),
            models.Index(
                fields=["provider", "lease_until"],
                condition=Q(state="sending"),
                name="inquiry_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"after {self.shipment_id}"
