"""The shapes of returns in the API."""

from core.api.serializers import ChoiceField, ModelSerializer, Serializer, TextField, TokenField
from shipping.models import (
    Return,
    ReturnEvent,
)
from shipping.states import ReturnState


class ReturnEventSerializer(ModelSerializer):
    """Something that happened to a return."""

    class Meta:
        model = ReturnEvent
        fields = ["kind", "from_state", "to_state", "at", "actor", "detail"]
        read_only_fields = fields


class ReturnSerializer(ModelSerializer):
    """A parcel that comes back. `reference` is what its provider calls it in its events."""

    status = ChoiceField(ReturnState.choices, source="state", read_only=True)
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
