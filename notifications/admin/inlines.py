"""Messages and what became of them, on the pages of others."""

from notifications.models import DeliveryReport, Notification, NotificationEvent
from orders.admin.inlines import ReadOnlyInline


class EventInline(ReadOnlyInline):
    """The history of a notification."""

    model = NotificationEvent
    fields = ["at", "kind", "from_state", "to_state", "actor", "detail"]
    hide_title = True
    verbose_name_plural = "history"


class DeliveryReportInline(ReadOnlyInline):
    """What the service said later."""

    model = DeliveryReport
    fields = ["received_at", "status", "reason"]
    hide_title = True


class NotificationInline(ReadOnlyInline):
    """The messages of an order or a customer."""

    model = Notification
    fields = ["created_at", "channel", "recipient", "message", "state", "sent_at", "last_error"]
    verbose_name_plural = "messages"
    show_change_link = True
    per_page = 10
