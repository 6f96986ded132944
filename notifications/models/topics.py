"""What customers may be told of, and whether they are."""

from django.db import models

from core.history.tracking import tracked


class Occasion(models.TextChoices):
    """What a customer may be notified of. A parcel's occasion is its state behind `shipment-`."""

    ORDER_PLACED = "order-placed", "order placed"
    ORDER_NEEDS_ADDRESS = "order-needs-address", "order waits for an address"
    ORDER_CANCELLED = "order-cancelled", "order cancelled"
    KIT_HERE = "order-kit-here", "kit to be registered"
    KIT_DUE = "order-kit-due", "kit to be sent back"
    RESULT_READY = "order-result-ready", "something new to look at"
    RESULT_CORRECTED = "order-result-corrected", "something was corrected"
    WAITING = "shipment-waiting-for-collection", "parcel waiting for the carrier"
    IN_TRANSIT = "shipment-in-transit", "parcel on its way"
    DELIVERED = "shipment-delivered", "parcel delivered"
    FAILED = "shipment-failed-to-deliver", "parcel not delivered"
    DIGEST = "shipments-digest", "several parcels at once"
    MAILING = "mailing", "message to many"


# What happens by itself, and so has rules and a switch.
ANNOUNCED_OCCASIONS = [
    (occasion.value, occasion.label)
    for occasion in Occasion
    if occasion not in (Occasion.DIGEST, Occasion.MAILING)
]


@tracked()
class Topic(models.Model):
    """Whether an occasion is announced at all, and whether it can wait."""

    is_reference = True

    occasion = models.CharField("event", max_length=40, choices=ANNOUNCED_OCCASIONS, unique=True)
    is_on = models.BooleanField(
        "customers hear of it",
        default=True,
        help_text="Off: nobody is told; the messages are kept as suppressed, with the reason.",
    )
    critical = models.BooleanField(
        default=False, help_text="Goes out in quiet hours too, and however many there were."
    )

    class Meta:
        ordering = ["occasion"]
        verbose_name = "event"

    def __str__(self) -> str:
        return str(self.get_occasion_display())
