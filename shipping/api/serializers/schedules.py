"""The shapes of schedules in the API."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import ChoiceField, ModelSerializer, Serializer
from customers.api.serializers import AddressSerializer
from orders.api.serializers import ItemSerializer
from orders.models import DeliveryService
from shipping.api.serializers.fields import DayField, OccurrenceField
from shipping.models import (
    CatchUp,
    Schedule,
    time_zones,
)
from shipping.routing.router import Router
from shipping.schedules import next_dates
from shipping.schedules.batches import calendar_of
from shipping.staff_actions.previews import PlannedOccurrence, planned
from shipping.states import ScheduleState

INTERVALS = ("weekly", "monthly")


MOST_PREVIEWED = 60


class PlannedSerializer(Serializer):
    """One of the next dates. Holidays and free days move `ship_on`, never `date`."""

    occurrence = serializers.IntegerField()
    date = serializers.DateField(help_text="When it falls, in the schedule's time zone.")
    ship_on = serializers.DateField(help_text="When it ships, where the provider is.")


class LeftOutSerializer(Serializer):
    """A date that is left out."""

    occurrence = serializers.IntegerField()
    date = serializers.DateField()


class ScheduleSerializer(ModelSerializer):
    """When a recurring order ships, and what. Dates are those of the schedule's time zone."""

    interval = ChoiceField(INTERVALS)
    catch_up = ChoiceField(CatchUp.choices, help_text="What ships after an outage.")
    state = ChoiceField(ScheduleState.choices)
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
    delivery_service = ChoiceField(DeliveryService.choices, source="order.delivery_service")
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
        return next(iter(next_dates.upcoming(schedule, 1)), None)

    def get_upcoming(self, schedule: Schedule) -> list[date]:
        """The next five dates."""
        return next_dates.upcoming(schedule)

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_skipped(self, schedule: Schedule) -> list[dict[str, Any]]:
        """What is left out and still to come."""
        skipped = next_dates.skipped(schedule).items()
        return [{"occurrence": number, "date": day} for number, day in skipped]

    @extend_schema_field(AddressSerializer(allow_null=True))
    def get_delivery_address(self, schedule: Schedule) -> dict[str, str] | None:
        """Where it sends, for those who may see orders."""
        scopes = getattr(self.context["request"].auth, "scopes", ())
        return schedule.order.address() if "orders:read" in scopes else None

    @extend_schema_field(PlannedSerializer(many=True))
    def get_planned(self, schedule: Schedule) -> list[dict[str, Any]]:
        """The next five dates and their ship dates."""
        recurrence = next_dates.recurrence_in_force(schedule)
        calendar = calendar_of(schedule, self._router)
        return [asdict(day) for day in planned(recurrence, schedule.time_zone, calendar, 5)]

    @cached_property
    def _router(self) -> Router:
        """Read once for all schedules of a list: they share this serializer."""
        return Router.load()


class NothingSerializer(Serializer):
    """A request without fields."""


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

    verb = ChoiceField(next_dates.PREVIEWED, default="change")
    interval = ChoiceField(INTERVALS, required=False, help_text="With change.")
    anchor = DayField(required=False, help_text="With change.")
    time_zone = ChoiceField(sorted(time_zones()), required=False, help_text="With change.")
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
