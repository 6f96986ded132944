"""Messages and what became of them, on the pages of others."""

from typing import Any

from django.http import HttpRequest

from core.admin.pages import HistoryInline, ReadOnlyInline
from notifications.models import (
    DeliveryReport,
    NotificationEvent,
    PushSubscription,
)


class EventInline(HistoryInline):
    """The history of a notification."""

    model = NotificationEvent


class DeliveryReportInline(ReadOnlyInline):
    """What the service reported."""

    model = DeliveryReport
    fields = ["received_at", "status", "reason"]


class DeviceInline(ReadOnlyInline):
    """The devices on which a customer takes push messages. Staff may take one away."""

    model = PushSubscription
    fields = ["name", "service", "confirmed_at", "expires_at"]
    verbose_name_plural = "devices for push messages"
    can_delete = True
    per_page = 10

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change messages."""
        allowed: bool = request.user.has_perm("notifications.delete_pushsubscription")
        return allowed
