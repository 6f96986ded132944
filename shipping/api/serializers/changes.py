"""What is asked of a schedule: what it is to become, and which of its dates is meant."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import BooleanField, ChoiceField, Serializer
from customers.api.serializers import AddressSerializer
from orders.api.serializers import CustomersOrderSerializer, ItemSerializer
from orders.changes import Wanted
from orders.models import DeliveryService
from orders.rules import MOST_LINES
from shipping.api.serializers.fields import DayField, OccurrenceField
from shipping.api.serializers.schedules import INTERVALS, DatesSerializer
from shipping.models import CatchUp, time_zones
from shipping.staff_actions.previews import Picture


class SkipSerializer(Serializer):
    """Which date is to be left out. A request that names it may be repeated."""

    occurrence = OccurrenceField(
        required=False,
        help_text="Without it the next one, unless one that was left out is still to come.",
    )


class UnskipSerializer(Serializer):
    """Which date is not to be left out any more."""

    occurrence = OccurrenceField()


class ScheduleChangeSerializer(Serializer):
    """What a schedule is to become; what is left out stays."""

    interval = ChoiceField(INTERVALS, required=False)
    anchor = DayField(
        required=False,
        help_text="The day from which all dates are counted, from 2000 to 2099. The next "
        "occurrence is on the first of them from today on that has not shipped.",
    )
    time_zone = ChoiceField(sorted(time_zones()), required=False)
    catch_up = ChoiceField(CatchUp.choices, required=False, help_text="What ships after an outage.")
    items = serializers.ListField(
        child=ItemSerializer(),
        min_length=1,
        max_length=MOST_LINES,
        required=False,
        help_text="All that is in its parcels. What was in them keeps its price.",
    )
    delivery_service = ChoiceField(DeliveryService.choices, required=False)
    delivery_address = AddressSerializer(required=False)
    include_unsent = BooleanField(
        default=False,
        help_text="Whether parcels that are made, but not handed to a provider, get the new "
        "items, service or address too. What is with a provider, or may be, never does.",
    )

    validate_items = CustomersOrderSerializer.validate_items

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The dates that are to change, and what is `wanted` of the order."""
        wanted = Wanted(
            address=attrs.pop("delivery_address", None),
            lines=attrs.pop("items", None),
            service=attrs.pop("delivery_service", None),
            include_unsent=attrs.pop("include_unsent"),
        )
        if wanted.include_unsent and not wanted.named:
            text = "Say what they get: items, delivery_service or delivery_address."
            raise serializers.ValidationError({"include_unsent": text})
        return {"wanted": wanted, **attrs}


class PictureSerializer(DatesSerializer):
    """When it sends what, by whom, at which price."""

    items = ItemSerializer(many=True)
    amount = serializers.DecimalField(12, 2)
    currency = serializers.CharField()
    delivery_service = ChoiceField(DeliveryService.choices)
    provider = serializers.CharField(help_text="By the rules, as they are now.")

    @staticmethod
    def shape_of(picture: Picture) -> dict[str, Any]:
        """A schedule in this shape."""
        order = picture.order
        return DatesSerializer.shape(picture.days) | {
            "items": ItemSerializer(order.lines.all(), many=True).data,
            "amount": f"{order.amount:.2f}",
            "currency": order.currency,
            "delivery_service": order.delivery_service,
            "provider": picture.provider,
        }


class RehearsedSerializer(PictureSerializer):
    """What it would become, and what it is `now`. Nothing was done."""

    now = PictureSerializer()
    unsent = serializers.ListField(
        child=serializers.CharField(),
        help_text="The parcels that `include_unsent` is about: made, and not handed over.",
    )
