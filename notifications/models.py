"""What customers are told: rules, templates, the messages themselves and what became of them."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from core.outbox import OutboxRow
from core.states import Event
from customers.models import Customer
from notifications.channels import channel_choices, channels
from notifications.costs import DailyCost
from notifications.rendering import (
    FIELDS,
    LONGEST_MESSAGE,
    LONGEST_SUBJECT,
    ORDER_FIELDS,
    check_fields,
    validate_body,
    validate_subject,
)
from notifications.states import NOTIFICATION, NotificationState
from orders.models import Order, Product, ProductKind
from shipping.models import Shipment

__all__ = [
    "DailyCost",
    "DeliveryReport",
    "Notification",
    "NotificationEvent",
    "Occasion",
    "OptOut",
    "Rule",
    "Template",
    "WhenUnknown",
]

TRIES_WHEN_HARMLESS = 3


class Occasion(models.TextChoices):
    """What a customer may hear of. A parcel's occasion is its state behind `shipment-`."""

    ORDER_PLACED = "order-placed", "order placed"
    ORDER_CANCELLED = "order-cancelled", "order cancelled"
    WAITING = "shipment-waiting-for-collection", "parcel waiting for the carrier"
    IN_TRANSIT = "shipment-in-transit", "parcel on its way"
    DELIVERED = "shipment-delivered", "parcel delivered"
    FAILED = "shipment-failed-to-deliver", "parcel not delivered"


class WhenUnknown(models.TextChoices):
    """What happens to a message of which nobody knows whether it was sent, as after a time-out."""

    STAFF = "staff", "leave it to staff"
    RESEND = "resend", "send it again: coming twice does no harm"


class Template(models.Model):
    """The words for an occasion; `{user_name}` and the other fields are filled in."""

    occasion = models.CharField(max_length=40, choices=Occasion.choices)
    channel = models.CharField(max_length=20, choices=channel_choices)
    subject = models.CharField(
        max_length=LONGEST_SUBJECT,
        blank=True,
        default="",
        validators=[validate_subject],
        help_text="Where the channel has a place for it, such as e-mail.",
    )
    body = models.TextField(max_length=LONGEST_MESSAGE, validators=[validate_body])
    when_unknown = models.CharField(
        "after a time-out",
        max_length=10,
        choices=WhenUnknown.choices,
        default=WhenUnknown.STAFF,
        help_text="When nobody knows whether a message was sent.",
    )

    class Meta:
        ordering = ["occasion", "channel"]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "channel"], name="one_template_per_occasion_and_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}, by {self.get_channel_display()}"

    def clean(self) -> None:
        """Raise ValidationError when a field is named that this occasion does not have."""
        known = FIELDS if self.occasion.startswith("shipment-") else ORDER_FIELDS
        for name in ("subject", "body"):
            try:
                check_fields(getattr(self, name), known)
            except ValidationError as error:
                raise ValidationError({name: error}) from error


class Rule(models.Model):
    """By which channel a customer hears of an occasion. The most specific active rule wins."""

    occasion = models.CharField(max_length=40, choices=Occasion.choices)
    product_kind = models.CharField(
        max_length=20, choices=ProductKind.choices, blank=True, default="", help_text="Empty: any."
    )
    kit_type = models.CharField(
        max_length=35, blank=True, default="", help_text="A DNA kit's item id. Empty: any."
    )
    channel = models.CharField(max_length=20, choices=channel_choices)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["occasion", "-kit_type", "-product_kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "product_kind", "kit_type"], name="one_rule_per_case"
            )
        ]

    def __str__(self) -> str:
        case = self.kit_type or self.product_kind
        return f"{self.get_occasion_display()}{f', {case}' if case else ''}: {self.channel}"

    def clean(self) -> None:
        """Raise ValidationError for a kit type that nobody can order."""
        if not self.kit_type:
            return
        if self.product_kind not in ("", ProductKind.DNA_KIT):
            raise ValidationError({"product_kind": "Only DNA kits have a kit type."})
        self.product_kind = ProductKind.DNA_KIT
        kits = Product.objects.filter(kind=ProductKind.DNA_KIT, item_id=self.kit_type)
        kept = Rule.objects.filter(pk=self.pk, kit_type=self.kit_type)
        if not kits.exists() and not kept.exists():
            raise ValidationError({"kit_type": "There is no DNA kit with this item id."})


class Notification(OutboxRow):
    """One message to one customer: an outbox row until a service has taken it.

    `source` says what it tells of (`order:7:placed`): each is told once, whatever the channel.
    """

    WORKFLOW = NOTIFICATION

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notifications")
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    shipment = models.ForeignKey(
        Shipment, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    source = models.CharField(
        max_length=80, blank=True, default="", editable=False, help_text="What it tells of, once."
    )
    channel = models.CharField(max_length=20, choices=channel_choices)
    recipient = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=LONGEST_SUBJECT, blank=True, default="")
    message = models.TextField(max_length=LONGEST_MESSAGE)
    provider = models.CharField(max_length=30, blank=True, default="")
    provider_reference = models.CharField(max_length=100, blank=True, default="")
    cost = models.CharField(max_length=30, blank=True, default="", help_text="As the service said.")
    when_unknown = models.CharField(
        "after a time-out",
        max_length=10,
        choices=WhenUnknown.choices,
        default=WhenUnknown.STAFF,
        editable=False,
    )
    closed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Staff have seen that it went wrong."
    )
    state = models.CharField(
        max_length=20,
        choices=NotificationState.choices,
        default=NotificationState.QUEUED,
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=~Q(source=""), name="each_thing_told_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["provider", "next_attempt_at", "id"],
                condition=Q(state="queued"),
                name="notification_due",
            ),
            models.Index(
                fields=["provider", "lease_until"],
                condition=Q(state="sending"),
                name="notification_lease",
            ),
            models.Index(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="notification_by_reference",
            ),
            models.Index(fields=["state", "-id"], name="notification_by_state"),
            models.Index(fields=["customer", "-id"], name="notification_by_customer"),
            models.Index(fields=["created_at", "id"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def resend_is_harmless(self) -> bool:
        """As its template says, but not for ever: a service may take each try and never answer."""
        return self.when_unknown == WhenUnknown.RESEND and self.attempts < TRIES_WHEN_HARMLESS


class NotificationEvent(Event):
    """Something that happened to a notification: an attempt, a report, what staff did and why."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]


class DeliveryReport(models.Model):
    """What a service said later of a message, as it said it.

    Without a notification it is parked: a report may overtake the answer that names the message.
    """

    provider = models.CharField(max_length=30)
    reference = models.CharField(max_length=100, help_text="The service's id of the message.")
    recipient = models.CharField(max_length=254)
    status = models.CharField(max_length=40)
    state = models.CharField(max_length=20, blank=True, default="", help_text="What it means here.")
    reason = models.CharField(max_length=200, blank=True, default="")
    notification = models.ForeignKey(
        Notification,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="delivery_reports",
    )
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference", "recipient", "status"], name="each_report_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(notification=None), name="report_parked"
            )
        ]

    def __str__(self) -> str:
        return self.status


class OptOut(models.Model):
    """A recipient who wants no more messages by a channel."""

    channel = models.CharField(max_length=20, choices=channel_choices)
    recipient = models.CharField(max_length=254, help_text="The phone number or e-mail address.")
    reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "opt-out"
        constraints = [
            models.UniqueConstraint(fields=["channel", "recipient"], name="one_opt_out_each")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    def clean(self) -> None:
        """Bring the address into its form. Raise ValidationError when it is none."""
        if channel := channels().get(self.channel):
            try:
                self.recipient = channel.clean(self.recipient)
            except ValidationError as error:
                raise ValidationError({"recipient": error}) from error
