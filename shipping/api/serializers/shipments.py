"""The shapes of shipments in the API."""

from rest_framework import serializers

from core.api.serializers import BooleanField, ChoiceField, ModelSerializer, Serializer, TextField
from customers.api.serializers import AddressSerializer
from orders.api.serializers import ItemSerializer
from shipping.api.serializers.tracking import (
    MOST_SHOWN,
    AnswerField,
    DetailField,
    ReasonField,
    ReportSerializer,
)
from shipping.models import (
    Cancellation,
    CancellationState,
    Shipment,
    ShipmentEvent,
)
from shipping.states import ShipmentState


class ShipmentEventSerializer(ModelSerializer):
    """Something that happened to a shipment. Without states it changed none."""

    detail = DetailField()

    class Meta:
        model = ShipmentEvent
        fields = ["kind", "from_state", "to_state", "at", "actor", "detail"]
        read_only_fields = fields


class CancellationSerializer(ModelSerializer):
    """What its provider was asked to cancel, and what came of it. `said` is why it did not."""

    status = ChoiceField(CancellationState.choices, source="state", read_only=True)
    said = ReasonField(source="last_error")
    answer = AnswerField()

    class Meta:
        model = Cancellation
        fields = ["status", "said", "answer", "reason", "created_at"]
        read_only_fields = fields


class ShipmentSerializer(ModelSerializer):
    """A parcel. `reason` says why the last attempt to hand it over did not succeed."""

    # For the document alone: what is shown is `shipping/api/representations.py`.

    status = ChoiceField(ShipmentState.choices, source="state", read_only=True)
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
    tracking = ReportSerializer(
        many=True,
        read_only=True,
        help_text=f"What its provider reported: the newest {MOST_SHOWN}, as they happened.",
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
