"""The shapes of the forecast in the API."""

from dataclasses import asdict
from datetime import date
from typing import Any

from rest_framework import serializers

from core.api.serializers import ChoiceField, Serializer
from shipping import providers
from shipping.api.serializers.schedules import INTERVALS
from shipping.schedules import forecast


class ForecastQuerySerializer(Serializer):
    """What is asked of the forecast, in the query."""

    days = serializers.IntegerField(
        default=forecast.DAYS, min_value=1, max_value=forecast.MOST_DAYS, help_text="From today on."
    )
    provider = ChoiceField(providers.names(), required=False)
    interval = ChoiceField(INTERVALS, required=False)


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
