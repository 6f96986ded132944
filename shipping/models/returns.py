"""What comes back: a parcel from the customer to us, linked to the one that went out."""

from django.db import models
from django.db.models import Q

from core.database import clock
from core.workflow import Event
from customers.models import LONGEST_LINE
from shipping.models.shipments import Shipment
from shipping.states import RETURN, ReturnState


class Return(models.Model):
    """A parcel on its way back. `reference` is what its provider calls it in its events."""

    WORKFLOW = RETURN

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="returns")
    reference = models.CharField(max_length=LONGEST_LINE, unique=True)
    provider = models.CharField(max_length=30)
    state = models.CharField(
        max_length=20, choices=ReturnState.choices, default=ReturnState.REQUESTED, editable=False
    )
    reason = models.CharField(max_length=500)
    tracking_number = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment"],
                condition=~Q(state__in=["received", "refused", "closed"]),
                name="one_open_return_per_shipment",
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="return_by_state")]

    def __str__(self) -> str:
        return self.reference


class ReturnEvent(Event):
    """Something that happened to a return."""

    parcel = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]
