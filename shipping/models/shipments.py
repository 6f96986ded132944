"""Shipments, and what providers report of them."""

import uuid
from copy import copy

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.database import clock
from core.database.folding import NumberKey
from core.outbox import OutboxRow
from core.workflow import Event
from customers.models import ADDRESS_FIELDS, LONGEST_LINE, AddressLines
from orders.models import DeliveryService, Order, OrderLine, OrderRevision
from shipping.models.schedules import Schedule
from shipping.states import MOVING, SHIPMENT, ShipmentState


class Shipment(OutboxRow, AddressLines):
    """One parcel: an outbox row until a provider has it, a tracked one afterwards.

    `key` goes with every try as `Idempotency-Key`; `reference` is the provider's `order_id`.
    """

    WORKFLOW = SHIPMENT
    MARKED_BY = ("events", "returns")  # what was done to it, for pages that are old

    # While an attempt is settled: who could not take it.
    passed_on_from = ""

    # Their indexes, and that of `reference`, are below: a run of the schedule writes each of them.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="shipments", db_index=False
    )
    schedule = models.ForeignKey(
        Schedule,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shipments",
        db_index=False,
    )
    # None for a parcel that was sent again: its date is that of the first one.
    occurrence = models.PositiveIntegerField(null=True, blank=True)
    resend_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="resends",
        db_index=False,
        help_text="The parcel that could not be delivered.",
    )
    # What is in it, where its order was changed since: null, what the order holds now.
    revision = models.ForeignKey(
        OrderRevision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    reference = models.CharField(max_length=LONGEST_LINE)
    # Random, so no index: it is sent, never looked for.
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=30)
    state = models.CharField(max_length=30, choices=ShipmentState.choices, editable=False)
    delivery_service = models.CharField(max_length=20, choices=DeliveryService.choices)
    ship_on = models.DateField()
    provider_reference = models.CharField(max_length=100, blank=True, default="")
    tracking_number = models.CharField(max_length=100, blank=True, default="")
    tracking_url = models.URLField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    # When its provider last reported it, and the stage of its silence since.
    news_at = models.DateTimeField(null=True, blank=True, editable=False)
    quiet = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # Who may hold another parcel of it: it was sent again, or elsewhere, despite a doubt.
    may_be_with = ArrayField(
        models.CharField(max_length=30), default=list, db_default=[], editable=False
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "occurrence"], name="one_shipment_per_occurrence"
            ),
            models.UniqueConstraint(fields=["reference"], name="one_shipment_per_reference"),
        ]
        indexes = [
            models.Index(
                fields=["provider", "next_attempt_at", "id"],
                condition=Q(state="queued"),
                name="shipment_due",
            ),
            models.Index(
                fields=["provider", "lease_until"],
                condition=Q(state="sending"),
                name="shipment_lease",
            ),
            models.Index(
                fields=["ship_on"], condition=Q(state="scheduled"), name="shipment_scheduled"
            ),
            models.Index(
                fields=["provider", "quiet", "news_at"],
                condition=Q(state__in=MOVING),
                name="shipment_without_news",
            ),
            models.Index(fields=["state", "-id"], name="shipment_by_state"),
            models.Index(fields=["order", "id"], name="shipment_by_order"),
            models.Index(fields=["provider", "-id"], name="shipment_by_provider"),
            models.Index(
                fields=["resend_of"],
                condition=Q(resend_of__isnull=False),
                name="shipment_resent",
            ),
            models.Index(fields=["ship_on", "id"], name="shipment_by_day"),
            models.Index(
                NumberKey("tracking_number"),
                condition=~Q(tracking_number=""),
                name="shipment_by_tracking_key",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def as_ordered(self) -> Order:
        """Its order as this parcel has it: to its address, by its service, with what is in it.

        To be read, never saved. Its `lines.all()` is a query unless they were fetched ahead.
        """
        held = self.revision.as_held(self.order) if self.revision else copy(self.order)
        for name in (*ADDRESS_FIELDS, "delivery_service"):
            setattr(held, name, getattr(self, name))
        return held

    @property
    def lines(self) -> list[OrderLine]:
        """What is in it."""
        return list(self.as_ordered.lines.all())


class ShipmentEvent(Event):
    """Something that happened to a shipment. The receiver in notifications listens."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    # What the provider said: of an attempt to deliver the customer gets a message for each.
    # Neither constraint nor index: the largest table, and nothing is looked for by it.
    reported = models.ForeignKey(
        "shipping.TrackingEvent",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        ordering = ["id"]


class TrackingEvent(models.Model):
    """What a provider's webhook said, stored before anything is done with it.

    Without a shipment it is parked: applied when the shipment appears, else for staff to see.
    """

    provider = models.CharField(max_length=30)
    event_id = models.CharField(
        max_length=255, help_text="The provider's id of the event, or its content without one."
    )
    order_id = models.CharField(
        max_length=35, help_text="Our reference, in lower case and without blanks."
    )
    event_name = models.CharField(max_length=30)
    raw_status = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="Its status in the provider's own word or code.",
    )
    event_time = models.DateTimeField()
    raw = models.JSONField()
    shipment = models.ForeignKey(
        Shipment, on_delete=models.CASCADE, null=True, blank=True, related_name="tracking_events"
    )
    # Instead of a shipment, where it is about a return.
    parcel_back = models.ForeignKey(
        "shipping.Return",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tracking_events",
        db_index=False,
    )
    received_at = models.DateTimeField(default=clock.now, editable=False)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # Carriers build ids of instant and status: they are unique for a parcel at most.
            models.UniqueConstraint(
                fields=["provider", "order_id", "event_id"], name="each_event_id_once_per_parcel"
            ),
            models.UniqueConstraint(
                fields=["provider", "order_id", "event_name", "event_time"], name="each_event_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["shipment"],
                condition=Q(applied_at=None, shipment__isnull=False),
                name="tracking_to_apply",
            ),
            models.Index(fields=["order_id"], condition=Q(shipment=None), name="tracking_parked"),
            models.Index(
                fields=["parcel_back"],
                condition=Q(parcel_back__isnull=False),
                name="tracking_of_returns",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.event_name}"
