"""Messages and what became of them, on the pages of others."""

from core.admin import ReadOnlyInline
from notifications.models import DeliveryReport, Notification, NotificationEvent


class EventInline(ReadOnlyInline):
    """The history of a notification."""

    model = NotificationEvent
    fields = ["at", "kind", "from_state", "to_state", "actor", "detail"]
    verbose_name_plural = "history"


class DeliveryReportInline(ReadOnlyInline):
    """What the service said later."""

    model = DeliveryReport
    fields = ["received_at", "status", "reason"]


class NotificationInline(ReadOnlyInline):
    """The messages of an order or a customer."""

    model = Notification
    fields = ["created_at", "channel", "recipient", "message", "state", "sent_at", "last_error"]
    verbose_name_plural = "messages"
    show_change_link = True
    per_page = 10
