"""Shipments as the API shows them: plain rows with all that hangs on them (core/api/rows.py)."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from core.api.rows import Json, RelatedRows, Rows, related_time, time_json
from orders.models import OrderLine
from shipping.api.serializers.quoted_answers import strip_quoted_answer
from shipping.api.serializers.tracking import MOST_SHOWN, typed_by_a_person
from shipping.models import Shipment, ShipmentEvent, TrackingEvent, UnreadableEvent

_OF_THIS = {"shipment": OuterRef("pk")}
_NEWEST = ("-received_at", "-id")
_REPORT = ("event_time", "received_at", "raw_status")
_RELATED = {
    "line_rows": RelatedRows(
        OrderLine.objects.filter(order=OuterRef("order_id"))
        .order_by("id")
        .values("item_id", "quantity")
    ),
    "event_rows": RelatedRows(
        ShipmentEvent.objects.filter(**_OF_THIS)
        .order_by("id")
        .values("kind", "from_state", "to_state", "at", "actor", "detail")
    ),
    "report_rows": RelatedRows(
        TrackingEvent.objects.filter(**_OF_THIS)
        .order_by(*_NEWEST)
        .values("event_name", *_REPORT)[:MOST_SHOWN]
    ),
    "unreadable_rows": RelatedRows(
        UnreadableEvent.objects.filter(**_OF_THIS).order_by(*_NEWEST).values(*_REPORT)[:MOST_SHOWN]
    ),
    "resent_as": ArraySubquery(
        Shipment.objects.filter(resend_of=OuterRef("pk")).order_by("id").values("pk")
    ),
}
_COLUMNS = (
    "id",
    "reference",
    "order_id",
    "schedule_id",
    "occurrence",
    "resend_of_id",
    "provider",
    "state",
    "last_error",
    "last_answer",
    "delivery_service",
    "ship_on",
    "tracking_number",
    "tracking_url",
    "attempts",
    "created_at",
    "sent_at",
    "revision__lines",
    "cancellation__state",
    "cancellation__last_error",
    "cancellation__last_answer",
    "cancellation__reason",
    "cancellation__created_at",
)


def shipment_rows(shipments: QuerySet[Any]) -> Rows:
    """Rows of these shipments for `shipment_json`."""
    rows: Rows = shipments.annotate(**_RELATED).values(*_COLUMNS, *_RELATED)
    return rows


def shipment_json(row: Json, *, sees_addresses: bool) -> Json:
    """One shipment; what carriers wrote, which may quote an address, only for who sees those."""
    lines = row["line_rows"] if row["revision__lines"] is None else row["revision__lines"]
    return {
        "id": row["id"],
        "reference": row["reference"],
        "order": row["order_id"],
        "schedule": row["schedule_id"],
        "occurrence": row["occurrence"],
        "resend_of": row["resend_of_id"],
        "resent_as": row["resent_as"],
        "provider": row["provider"],
        "status": row["state"],
        "reason": _reason(row["last_error"], sees_addresses),
        "answer": row["last_answer"] if sees_addresses else None,
        "delivery_service": row["delivery_service"],
        "items": [{"item_id": line["item_id"], "quantity": line["quantity"]} for line in lines],
        "ship_on": row["ship_on"].isoformat(),
        "tracking_number": row["tracking_number"],
        "tracking_url": row["tracking_url"],
        "attempts": row["attempts"],
        "created_at": time_json(row["created_at"]),
        "sent_at": time_json(row["sent_at"]),
        "cancellation": _cancellation_json(row, sees_addresses),
        "events": [_event_json(event, sees_addresses) for event in row["event_rows"]],
        "tracking": _tracking_json(row, sees_addresses),
    }


def _reason(text: str, sees_addresses: bool) -> str:
    return text if sees_addresses else strip_quoted_answer(text)


def _cancellation_json(row: Json, sees_addresses: bool) -> Json | None:
    if row["cancellation__state"] is None:
        return None
    return {
        "status": row["cancellation__state"],
        "said": _reason(row["cancellation__last_error"], sees_addresses),
        "answer": row["cancellation__last_answer"] if sees_addresses else None,
        "reason": row["cancellation__reason"],
        "created_at": time_json(row["cancellation__created_at"]),
    }


def _event_json(event: Json, sees_addresses: bool) -> Json:
    is_typed = typed_by_a_person(event["actor"])
    return {
        "kind": event["kind"],
        "from_state": event["from_state"],
        "to_state": event["to_state"],
        "at": time_json(related_time(event["at"])),
        "actor": event["actor"],
        "detail": _reason(event["detail"], sees_addresses or is_typed),
    }


def _tracking_json(row: Json, sees_addresses: bool) -> list[Json]:
    """The newest reports in the order in which they happened, those that moved nothing too."""
    known = [_report(row, row["event_name"], row["raw_status"]) for row in row["report_rows"]]
    others = [
        _report(row, None, row["raw_status"] if sees_addresses else None)
        for row in row["unreadable_rows"]
    ]
    newest = sorted(known + others, key=_arrival)[-MOST_SHOWN:]
    times = ("event_time", "received_at")
    return [
        report | {name: time_json(report[name]) for name in times}
        for report in sorted(newest, key=_happened)
    ]


def _report(row: Json, name: str | None, raw_status: str | None) -> Json:
    return {
        "event_name": name,
        "event_time": related_time(row["event_time"]),
        "received_at": related_time(row["received_at"]),
        "raw_status": raw_status,
    }


def _arrival(report: Json) -> datetime:
    arrival: datetime = report["received_at"]
    return arrival


def _happened(report: Json) -> tuple[datetime, datetime]:
    """Nothing happened after its report came."""
    came = _arrival(report)
    return min(report["event_time"] or came, came), came
