"""Asking a provider to take a parcel back."""

from django.db import models
from django.db.models import Q

from core.database import clock
from core.outbox import OutboxRow
from shipping.models.shipments import Shipment


class CancellationState(models.TextChoices):
    """What has become of it."""

    QUEUED = "queued"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Cancellation(OutboxRow):
    """A request to cancel a parcel that a provider has; one for each shipment, asked anew."""

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="cancellation")
    provider = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=CancellationState.choices)
    actor = models.CharField(max_length=100)
    reason = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["provider", "next_attempt_at"],
                condition=Q(state="queued"),
                name="cancellation_due",
            ),
            models.Index(
                fields=["provider", "lease_until"],
                condition=Q(state="sending"),
                name="cancellation_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.state}"
