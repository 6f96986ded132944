"""What a parcel's provider wrote and reported, as the API shows it to this caller."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request

from core.api.serializers import Serializer
from core.http import strip_quoted_answer
from core.workflow import Event
from shipping.models import TrackingEvent, UnreadableEvent
from shipping.states import RANKS

MOST_SHOWN = 50
# Whoever has it sees where orders go, and so may read what carriers write about it.
ADDRESS_SCOPE = "orders:read"


def sees_addresses(request: Request | None) -> bool:
    """Whether the caller's token shows it addresses."""
    return ADDRESS_SCOPE in getattr(getattr(request, "auth", None), "scopes", frozenset())


class ReasonField(serializers.CharField):
    """A text of ours. One from before carriers' words were kept apart may hold them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: str) -> str:
        """Those words only for whoever sees addresses."""
        return value if sees_addresses(self.context.get("request")) else strip_quoted_answer(value)


class DetailField(ReasonField):
    """The detail of an event: a reason, unless a person wrote it."""

    def get_attribute(self, instance: Event) -> Any:
        """The event: who wrote it counts."""
        return instance

    def to_representation(self, value: Any) -> str:
        """What a person typed is shown as it is."""
        typed = value.actor.startswith(("user:", "client:"))
        return value.detail if typed else super().to_representation(value.detail)


class AnswerField(serializers.CharField):
    """What the provider wrote, as far as it may be shown."""

    def __init__(self, **options: Any) -> None:
        text = "What the provider wrote to that, which may quote the address: null without "
        given = {"read_only": True, "source": "last_answer", "allow_null": True}
        super().__init__(**{**given, "help_text": f"{text}`{ADDRESS_SCOPE}`.", **options})

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]  # null for who may not see it
        """Its words, for whoever sees addresses."""
        return value if sees_addresses(self.context.get("request")) else None


def tracking_prefetches() -> list["Prefetch[Any, Any, Any]"]:
    """The newest events of each shipment, in two statements for all of them."""
    events = TrackingEvent.objects.defer("raw").order_by("-received_at", "-id")
    others = UnreadableEvent.objects.defer("raw", "body").order_by("-received_at", "-id")
    return [
        Prefetch("tracking_events", events[:MOST_SHOWN], to_attr="newest_events"),
        Prefetch("unreadable_events", others[:MOST_SHOWN], to_attr="newest_unreadable"),
    ]


class ReportSerializer(Serializer):
    """Something that the provider reported, whether it moved the parcel or not."""

    event_name = serializers.ChoiceField(
        list(RANKS), allow_null=True, help_text="Null when we do not know the status."
    )
    event_time = serializers.DateTimeField(
        allow_null=True, help_text="When it happened, by the provider's clock."
    )
    received_at = serializers.DateTimeField(help_text="When it came, by ours.")
    raw_status = serializers.CharField(
        allow_null=True,
        help_text="The provider's own word or code. One that we do not know may name people: it is "
        f"null without `{ADDRESS_SCOPE}`.",
    )


def tracking_of(shipment: Any, *, with_raw: bool) -> list[dict[str, Any]]:
    """Its newest events in the order in which they happened; read by `tracking_prefetches`."""
    known = [_row(event, event.event_name, event.raw_status) for event in shipment.newest_events]
    others = [
        _row(event, None, event.raw_status if with_raw else None)
        for event in shipment.newest_unreadable
    ]
    newest = sorted(known + others, key=_arrival)[-MOST_SHOWN:]
    return list(ReportSerializer(sorted(newest, key=_happened), many=True).data)


def _row(event: Any, name: str | None, raw_status: str | None) -> dict[str, Any]:
    return {
        "event_name": name,
        "event_time": event.event_time,
        "received_at": event.received_at,
        "raw_status": raw_status,
    }


def _arrival(row: dict[str, Any]) -> datetime:
    arrival: datetime = row["received_at"]
    return arrival


def _happened(row: dict[str, Any]) -> tuple[datetime, datetime]:
    """Nothing happened after its report came."""
    came = _arrival(row)
    return min(row["event_time"] or came, came), came
