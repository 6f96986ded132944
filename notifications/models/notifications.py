"""The messages themselves, and what became of them."""

from django.db import models
from django.db.models import Q

from core.database import clock
from core.outbox import OutboxRow
from core.workflow import Event
from customers.models import Customer
from kits.registration import link as kit_link
from notifications.channels import channel_choices
from notifications.content.rendering import LONGEST_MESSAGE, LONGEST_SUBJECT
from notifications.models.templates import TemplateVersion, WhenUnknown
from notifications.states import NOTIFICATION, NotificationState
from orders.address_page import link
from orders.models import Order
from shipping.models import Shipment

TRIES_WHEN_HARMLESS = 3


class Notification(OutboxRow):
    """One message to one customer: an outbox row until a service has taken it.

    `source` names its trigger (`order:7:placed`): each has one message, whatever the channel.
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
    html = models.TextField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Empty: made from the text when sent.",
    )
    template_version = models.ForeignKey(
        TemplateVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="Whose words these are.",
    )
    critical = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Goes out in quiet hours too, and however many there were.",
    )
    digest = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="digest_items",
        db_column="told_in_id",
        db_index=False,
        help_text="The message that tells of this together with others.",
    )
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
    may_have_arrived = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Staff sent it again although an earlier try was in doubt.",
    )
    state = models.CharField(
        max_length=20,
        choices=NotificationState.choices,
        default=NotificationState.QUEUED,
        editable=False,
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
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
            models.Index(fields=["digest"], condition=~Q(digest=None), name="notification_told_in"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def shown_message(self) -> str:
        """The text as people may read it: without the secret of a link in it."""
        return kit_link.hidden(link.hidden(self.message))

    @property
    def resend_is_harmless(self) -> bool:
        """As its template says, but not for ever: a service may take each try and never answer."""
        return self.when_unknown == WhenUnknown.RESEND and self.attempts < TRIES_WHEN_HARMLESS


class NotificationEvent(Event):
    """Something that happened to a notification: an attempt, a report, what staff did and why."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]


NOT_UNDERSTOOD = "not understood"


class DeliveryReport(models.Model):
    """What a service reported of a message, as it came.

    Without a notification it is parked: a report may overtake the answer that names the message.
    What nobody understands (`delivery/incoming/unreadable.py`) has its digest for a reference.
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
    received_at = models.DateTimeField(default=clock.now, editable=False)
    raw = models.BinaryField(null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True, editable=False)

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
            ),
            models.Index(
                fields=["provider", "-id"],
                condition=Q(status=NOT_UNDERSTOOD),
                name="report_not_understood",
            ),
        ]

    def __str__(self) -> str:
        return self.status
