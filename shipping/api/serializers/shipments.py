"""The shapes of shipments and schedules in the API."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import BooleanField, ModelSerializer, Serializer, TextField, TokenField
from customers.api.serializers import AddressSerializer
from orders.api.serializers import ItemSerializer
from orders.models import DeliveryService
from shipping import providers
from shipping.api.serializers.fields import DayField, OccurrenceField
from shipping.api.serializers.tracking import (
    ADDRESS_SCOPE,
    MOST_SHOWN,
    DetailField,
    ReasonField,
    ReportSerializer,
    sees_addresses,
    tracking_of,
)
from shipping.models import (
    Cancellation,
    CancellationState,
    CatchUp,
    Return,
    ReturnEvent,
    Schedule,
    Shipment,
    ShipmentEvent,
    time_zones,
)
from shipping.routing import Router
from shipping.schedules import forecast
from shipping.schedules import services as schedules
from shipping.schedules.batches import calendar_of
from shipping.staff_actions.previews import PlannedOccurrence, planned
from shipping.states import RANKS, ReturnState, ScheduleState, ShipmentState

INTERVALS = ("weekly", "monthly")
MOST_PREVIEWED = 60
LONGEST_TEXT = 35


class ShipmentEventSerializer(ModelSerializer):
    """Something that happened to a shipment. Without states it changed none."""

    detail = DetailField()

    class Meta:
        model = ShipmentEvent
        fields = ["kind", "from_state", "to_state", "at", "actor", "detail"]
        read_only_fields = fields


class AnswerField(serializers.CharField):
    """What the provider wrote, as far as it may be shown."""

    def __init__(self, **options: Any) -> None:
        text = "What the provider wrote to that, which may quote the address: null without "
        given = {"read_only": True, "source": "last_answer", "allow_null": True}
        super().__init__(**{**given, "help_text": f"{text}`{ADDRESS_SCOPE}`.", **options})

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        """Its words, for whoever sees addresses."""
        return value if sees_addresses(self.context.get("request")) else None


class CancellationSerializer(ModelSerializer):
    """What its provider was asked to cancel, and what came of it. `said` is why it did not."""

    status = serializers.ChoiceField(CancellationState.choices, source="state", read_only=True)
    said = ReasonField(source="last_error")
    answer = AnswerField()

    class Meta:
        model = Cancellation
        fields = ["status", "said", "answer", "reason", "created_at"]
        read_only_fields = fields


class ShipmentSerializer(ModelSerializer):
    """A parcel. `reason` says why the last attempt to hand it over did not succeed."""

    status = serializers.ChoiceField(ShipmentState.choices, source="state", read_only=True)
    reason = ReasonField(source="last_error")
    answer = AnswerField()
    tracking_url = serializers.CharField(
        read_only=True, help_text="http or https; empty when there is none."
    )
    cancellation = CancellationSerializer(
        read_only=True, allow_null=True, help_text="Null when its provider was never asked."
    )
    items = ItemSerializer(many=True, read_only=True, source="lines", help_text="What is in it.")
    events = ShipmentEventSerializer(many=True, read_only=True)
    tracking = serializers.SerializerMethodField(
        help_text=f"What its provider reported: the newest {MOST_SHOWN}, as they happened."
    )
    resend_of = serializers.IntegerField(
        source="resend_of_id",
        read_only=True,
        allow_null=True,
        help_text="The shipment in whose place it was sent; null for a first parcel.",
    )
    resent_as = serializers.ListField(
        child=serializers.IntegerField(),
        read_only=True,
        help_text="The shipments that were sent in its place; but the last one all are cancelled.",
    )

    class Meta:
        model = Shipment
        fields = [
            "id",
            "reference",
            "order",
            "schedule",
            "occurrence",
            "resend_of",
            "resent_as",
            "provider",
            "status",
            "reason",
            "answer",
            "delivery_service",
            "items",
            "ship_on",
            "tracking_number",
            "tracking_url",
            "attempts",
            "created_at",
            "sent_at",
            "cancellation",
            "events",
            "tracking",
        ]
        read_only_fields = fields

    @extend_schema_field(ReportSerializer(many=True))
    def get_tracking(self, shipment: Shipment) -> list[dict[str, Any]]:
        """Those after the delivery, and those that moved nothing, too."""
        return tracking_of(shipment, with_raw=sees_addresses(self.context.get("request")))


class PlannedSerializer(Serializer):
    """One of the next dates. Holidays and free days move `ship_on`, never `date`."""

    occurrence = serializers.IntegerField()
    date = serializers.DateField(help_text="When it falls, in the schedule's time zone.")
    ship_on = serializers.DateField(help_text="When it ships, where the provider is.")


class ReturnEventSerializer(ModelSerializer):
    """Something that happened to a return."""

    class Meta:
        model = ReturnEvent
        fields = ["kind", "from_state", "to_state", "at", "actor", "detail"]
        read_only_fields = fields


class ReturnSerializer(ModelSerializer):
    """A parcel that comes back. `reference` is what its provider calls it in its events."""

    status = serializers.ChoiceField(ReturnState.choices, source="state", read_only=True)
    events = ReturnEventSerializer(many=True, read_only=True)

    class Meta:
        model = Return
        fields = [
            "id",
            "reference",
            "shipment",
            "provider",
            "status",
            "reason",
            "tracking_number",
            "created_at",
            "events",
        ]
        read_only_fields = fields


class AskForReturnSerializer(Serializer):
    """Why it comes back."""

    reason = TextField(max_length=500, help_text="Kept with the return; no personal data.")


class ReturnStepSerializer(Serializer):
    """What is known of the step."""

    reason = TextField(max_length=500, required=False, default="", allow_blank=True)


class LabelSerializer(Serializer):
    """What is known of the label."""

    tracking_number = TokenField(max_length=100, required=False, default="", allow_blank=True)


class LeftOutSerializer(Serializer):
    """A date that is left out."""

    occurrence = serializers.IntegerField()
    date = serializers.DateField()


class ScheduleSerializer(ModelSerializer):
    """When a recurring order ships, and what. Dates are those of the schedule's time zone."""

    interval = serializers.ChoiceField(INTERVALS)
    catch_up = serializers.ChoiceField(CatchUp.choices, help_text="What ships after an outage.")
    state = serializers.ChoiceField(ScheduleState.choices)
    next_occurrence = serializers.SerializerMethodField(
        help_text="The next date; null when it is cancelled, or paused until further notice."
    )
    upcoming = serializers.SerializerMethodField(help_text="The next five dates.")
    planned = serializers.SerializerMethodField(
        help_text="The same five, each with its number and the day on which it ships."
    )
    skipped = serializers.SerializerMethodField(
        help_text="What is left out and still to come; `unskip/` takes the last of it back."
    )
    items = ItemSerializer(many=True, source="order.lines.all")
    delivery_service = serializers.ChoiceField(
        DeliveryService.choices, source="order.delivery_service"
    )
    delivery_address = serializers.SerializerMethodField(
        help_text="Null for a token without `orders:read`."
    )

    class Meta:
        model = Schedule
        fields = [
            "id",
            "order",
            "interval",
            "anchor",
            "time_zone",
            "catch_up",
            "state",
            "resume_on",
            "next_occurrence",
            "upcoming",
            "planned",
            "skipped",
            "items",
            "delivery_service",
            "delivery_address",
        ]
        read_only_fields = fields

    def get_next_occurrence(self, schedule: Schedule) -> date | None:
        """The next date."""
        return next(iter(schedules.upcoming(schedule, 1)), None)

    def get_upcoming(self, schedule: Schedule) -> list[date]:
        """The next five dates."""
        return schedules.upcoming(schedule)

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_skipped(self, schedule: Schedule) -> list[dict[str, Any]]:
        """What is left out and still to come."""
        skipped = schedules.skipped(schedule).items()
        return [{"occurrence": number, "date": day} for number, day in skipped]

    @extend_schema_field(AddressSerializer(allow_null=True))
    def get_delivery_address(self, schedule: Schedule) -> dict[str, str] | None:
        """Where it sends, for those who may see orders."""
        scopes = getattr(self.context["request"].auth, "scopes", ())
        return schedule.order.address() if "orders:read" in scopes else None

    @extend_schema_field(PlannedSerializer(many=True))
    def get_planned(self, schedule: Schedule) -> list[dict[str, Any]]:
        """The next five dates and their ship dates."""
        recurrence = schedules.recurrence_in_force(schedule)
        calendar = calendar_of(schedule, self._router)
        return [asdict(day) for day in planned(recurrence, schedule.time_zone, calendar, 5)]

    @cached_property
    def _router(self) -> Router:
        """Read once for all schedules of a list: they share this serializer."""
        return Router.load()


class NothingSerializer(Serializer):
    """A request without fields."""


class DecisionSerializer(Serializer):
    """Why a verb is done, and that what speaks against it was weighed."""

    reason = TextField(
        max_length=500,
        required=False,
        allow_blank=True,
        default="",
        help_text="Kept with the shipment; no personal data. Needed with `despite_risk`.",
    )
    despite_risk = BooleanField(
        required=False,
        default=False,
        help_text="Do it although the answer was 409 `unsafe`, which says what may happen.",
    )


class ResendSerializer(DecisionSerializer):
    """Where a second parcel goes."""

    delivery_address = AddressSerializer(
        required=False, help_text="Where the first one went when left out."
    )
    later_too = BooleanField(
        required=False,
        default=False,
        help_text="Of a recurring order: its later parcels go to this address, too.",
    )


class PauseSerializer(Serializer):
    """Until when a schedule makes no shipments."""

    resume_on = DayField(
        required=False,
        allow_null=True,
        default=None,
        help_text="After today. Null: until it is resumed.",
    )


class PreviewSerializer(Serializer):
    """What is to be done, in the query."""

    verb = serializers.ChoiceField(schedules.PREVIEWED, default="change")
    interval = serializers.ChoiceField(INTERVALS, required=False, help_text="With change.")
    anchor = DayField(required=False, help_text="With change.")
    time_zone = serializers.ChoiceField(
        sorted(time_zones()), required=False, help_text="With change."
    )
    resume_on = DayField(required=False, help_text="With pause.")
    occurrence = OccurrenceField(in_query=True, required=False, help_text="With skip and unskip.")
    count = serializers.IntegerField(default=5, min_value=1, max_value=MOST_PREVIEWED)


class DatesSerializer(Serializer):
    """The next dates."""

    next_occurrence = serializers.DateField(allow_null=True)
    upcoming = serializers.ListField(child=serializers.DateField())
    planned = PlannedSerializer(many=True)

    @staticmethod
    def shape(days: Sequence[PlannedOccurrence]) -> dict[str, Any]:
        """The dates in this shape."""
        dates = [day.date for day in days]
        return {
            "next_occurrence": next(iter(dates), None),
            "upcoming": dates,
            "planned": [asdict(day) for day in days],
        }


class PreviewedSerializer(DatesSerializer):
    """The next dates as they would be, and as they are `now`. Nothing was done."""

    now = DatesSerializer()


class ForecastQuerySerializer(Serializer):
    """What is asked of the forecast, in the query."""

    days = serializers.IntegerField(
        default=forecast.DAYS, min_value=1, max_value=forecast.MOST_DAYS, help_text="From today on."
    )
    provider = serializers.ChoiceField(providers.names(), required=False)
    interval = serializers.ChoiceField(INTERVALS, required=False)


class ForecastPartSerializer(Serializer):
    """What one provider has on a day."""

    provider = serializers.CharField()
    occurrences = serializers.IntegerField(help_text="Dates of schedules that fall on the day.")
    shipments = serializers.IntegerField(help_text="Parcels that ship on the day.")


class ForecastDaySerializer(Serializer):
    """A day. What falls on a free day ships on the next working day."""

    date = serializers.DateField()
    occurrences = serializers.IntegerField()
    shipments = serializers.IntegerField()
    by_provider = ForecastPartSerializer(many=True)


class ForecastSerializer(Serializer):
    """What the schedules are going to ship, counted; what is overdue counts as today's."""

    first = serializers.DateField()
    last = serializers.DateField()
    shipments = serializers.IntegerField(help_text="All of these days together.")
    providers = serializers.ListField(child=serializers.CharField())
    days = ForecastDaySerializer(many=True)

    @staticmethod
    def shape(result: forecast.Forecast) -> dict[str, Any]:
        """The forecast in this shape."""
        return {
            "first": result.first,
            "last": result.last,
            "shipments": result.total,
            "providers": result.providers,
            "days": [ForecastSerializer._day(result, day) for day in result.dates()],
        }

    @staticmethod
    def _day(result: forecast.Forecast, day: date) -> dict[str, Any]:
        parts = [asdict(part) for part in result.on(day)]
        return {
            "date": day,
            "occurrences": sum(part["occurrences"] for part in parts),
            "shipments": sum(part["shipments"] for part in parts),
            "by_provider": parts,
        }


# Not all that it lets pass is a date, nor in the past: the adapter reads it.
_WALL_CLOCK = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3])(:[0-5][0-9]){2}$"
)


@extend_schema_field({"type": "string", "pattern": _WALL_CLOCK})
class WallClockField(serializers.CharField):
    """A time without a zone."""


class ReferenceEventSerializer(Serializer):
    """An event of the reference provider (requirement C2). Other providers have their own shape."""

    order_id = serializers.CharField(max_length=LONGEST_TEXT)
    event_name = serializers.ChoiceField(list(RANKS))
    event_time = WallClockField(help_text="`2023-05-19 13:18:45`, in the provider's time zone.")


class StoredSerializer(Serializer):
    """The event is kept."""

    status = serializers.ChoiceField(["stored"])
