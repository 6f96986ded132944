"""Kits, each a thing that somebody can hold, and their events."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from core.database import clock
from core.workflow import Event
from kits.models.lots import Lot
from kits.states import FREE, KIT, WITH_PERSON, WITHOUT_PLACE, KitState
from kits.values import labels, serials
from kits.values.reasons import Condition, Reason
from shipping.models import Shipment


class Kit(models.Model):
    """One kit. Made by an import, moved by `kits.services` only.

    Its place is a parcel and the number of the kit in it. Parcels in place of one another
    (`Shipment.resend_of`) have the same places, those of the first of them.
    """

    WORKFLOW = KIT

    serial = models.CharField(max_length=serials.LONGEST, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="kits", db_index=False)
    state = models.CharField(
        max_length=20, choices=KitState.choices, default=KitState.IN_STOCK, editable=False
    )
    shipment = models.ForeignKey(
        Shipment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="kits",
        db_index=False,
    )
    first_shipment = models.ForeignKey(
        Shipment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    piece = models.PositiveIntegerField(null=True, blank=True, editable=False)
    return_tracking = models.CharField(
        max_length=labels.LONGEST,
        null=True,
        blank=True,
        editable=False,
        unique=True,
        help_text="Of the label that brings it back.",
    )
    # The kit that could not be used, in whose place this one was sent.
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="replaced_by",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    packed_at = models.DateTimeField(null=True, blank=True, editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    received_at = models.DateTimeField(null=True, blank=True, editable=False)
    condition = models.CharField(
        max_length=4, choices=Condition.choices, blank=True, default="", db_default=""
    )
    reason = models.CharField(
        max_length=4,
        choices=Reason.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Why it is not accepted.",
    )

    class Meta:
        ordering = ["-id"]
        permissions = [("receive_kit", "Can receive kits at the laboratory")]
        constraints = [
            models.UniqueConstraint(
                fields=["first_shipment", "piece"],
                condition=~Q(state__in=sorted(WITHOUT_PLACE)),
                name="one_kit_per_place",
            ),
            models.CheckConstraint(
                condition=Q(shipment=None, first_shipment=None, piece=None, return_tracking=None)
                | Q(
                    shipment__isnull=False,
                    first_shipment__isnull=False,
                    piece__isnull=False,
                    piece__gte=1,
                    return_tracking__isnull=False,
                ),
                name="kit_place_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=FREE, shipment=None)
                | Q(state__in=sorted(WITHOUT_PLACE))
                | (~Q(state=FREE) & Q(shipment__isnull=False)),
                name="kit_has_a_place_from_packing_on",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("id")), name="kit_replaces_another"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="kit_by_state"),
            models.Index(fields=["lot", "-id"], name="kit_by_lot"),
            models.Index(
                Coalesce("delivered_at", "packed_at"),
                condition=Q(reminded_at=None, state__in=WITH_PERSON),
                name="kit_to_remind",
            ),
            models.Index(
                fields=["shipment"], condition=Q(shipment__isnull=False), name="kit_by_shipment"
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def kit_type(self) -> str:
        """Its type: the `item_id` of its lot's product."""
        return self.lot.kit_type


class KitEvent(Event):
    """Something that happened to a kit."""

    kit = models.ForeignKey(Kit, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]
        verbose_name = "event"
