"""Notifications as the API shows them: plain rows (core/api/rows.py)."""

from typing import Any

from django.db.models import QuerySet

from core.api.rows import Json, Rows, time_json
from kits.registration.link import hidden as hidden_of_kits
from orders.address_page.link import hidden


def notification_rows(notifications: QuerySet[Any]) -> Rows:
    """Rows of these notifications for `notification_json`."""
    rows: Rows = notifications.values(
        "id",
        "customer_id",
        "order_id",
        "shipment_id",
        "channel",
        "recipient",
        "message",
        "state",
        "last_error",
        "attempts",
        "created_at",
        "sent_at",
        "delivered_at",
    )
    return rows


def notification_json(row: Json) -> Json:
    """One notification; a link by which the customer acts is cut short."""
    return {
        "id": row["id"],
        "customer": row["customer_id"],
        "order": row["order_id"],
        "shipment": row["shipment_id"],
        "channel": row["channel"],
        "recipient": row["recipient"],
        "message": hidden_of_kits(hidden(row["message"])),
        "status": row["state"],
        "reason": row["last_error"],
        "attempts": row["attempts"],
        "created_at": time_json(row["created_at"]),
        "sent_at": time_json(row["sent_at"]),
        "delivered_at": time_json(row["delivered_at"]),
    }
