"""The shapes of kits and lots in the API."""

from typing import Any

from rest_framework import serializers

from clinical.laboratories.samples import TestTaker
from clinical.models import Sex
from core.api.filters import LARGEST_ID
from core.api.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateField,
    IntegerField,
    ModelSerializer,
    Serializer,
    TextField,
    TokenField,
)
from kits.laboratory.receipt import Receipt
from kits.models import Kit, KitEvent, Lot
from kits.registration.form import LONGEST_NAME
from kits.states import KitState
from kits.values import labels
from kits.values.reasons import Condition, Reason
from orders.models import Order


class LotSerializer(ModelSerializer):
    """What was made together."""

    kit_type = serializers.CharField(read_only=True)

    class Meta:
        model = Lot
        fields = ["id", "kit_type", "number", "expires_on", "created_at"]
        read_only_fields = fields


class KitEventSerializer(ModelSerializer):
    """Something that happened to a kit."""

    class Meta:
        model = KitEvent
        fields = ["id", "kind", "from_state", "to_state", "at", "actor", "detail"]
        read_only_fields = fields


class KitSerializer(ModelSerializer):
    """A kit. `order`, `shipment` and both labels are null until it is packed."""

    kit_type = serializers.CharField(read_only=True)
    lot = serializers.CharField(source="lot.number", read_only=True)
    expires_on = serializers.DateField(source="lot.expires_on", read_only=True)
    state = ChoiceField(KitState.choices, read_only=True)
    order = serializers.IntegerField(
        source="shipment.order_id", default=None, allow_null=True, read_only=True
    )
    shipment = serializers.IntegerField(source="shipment_id", allow_null=True, read_only=True)
    outbound_tracking = serializers.CharField(
        source="shipment.tracking_number", default=None, allow_null=True, read_only=True
    )
    replaces = serializers.CharField(
        source="replaces.serial", default=None, allow_null=True, read_only=True
    )

    # Both are empty until it is received, which a choice of the model does not say of an answer.
    condition = serializers.CharField(
        read_only=True, help_text="A code of HL7 table 0493, or empty."
    )
    reason = serializers.CharField(read_only=True, help_text="A code of HL7 table 0490, or empty.")

    class Meta:
        model = Kit
        fields = [
            "id",
            "serial",
            "kit_type",
            "lot",
            "expires_on",
            "state",
            "order",
            "shipment",
            "outbound_tracking",
            "return_tracking",
            "replaces",
            "received_at",
            "condition",
            "reason",
            "packed_at",
            "created_at",
        ]
        read_only_fields = fields


class PackSerializer(Serializer):
    """What a kit is packed with."""

    order = IntegerField(min_value=1, max_value=LARGEST_ID, help_text="The order's id.")
    return_tracking = TokenField(
        max_length=labels.LONGEST * 2, help_text="Of the label that brings the kit back."
    )
    outbound_tracking = TokenField(
        max_length=labels.LONGEST * 2,
        required=False,
        default="",
        allow_blank=True,
        help_text="Of the label on the parcel; refused when it is another parcel's.",
    )

    def validate_order(self, key: int) -> Order:
        """The order of that id. Raises ValidationError when there is none."""
        order = Order.objects.filter(pk=key).first()
        if order is None:
            raise serializers.ValidationError("There is no order with this id.")
        return order


class UnpackSerializer(Serializer):
    """Why it is put back, where that matters."""

    reason = TextField(max_length=400, required=False, default="", allow_blank=True)


class ReceiveSerializer(Serializer):
    """What is seen of a kit at the laboratory's door."""

    accepted = BooleanField(help_text="Whether it can be examined.")
    condition = ChoiceField(Condition.choices, help_text="Of HL7 table 0493.")
    reason = ChoiceField(
        Reason.choices,
        required=False,
        default="",
        help_text="Why it is not accepted: of HL7 table 0490. RA, RD, RE, RI, RM and RS wait for "
        "the person; any other is final.",
    )
    received_at = serializers.DateTimeField(
        required=False, help_text="Now, unless it is said; not in the future."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The `receipt`. Raises ValidationError unless it is accepted or has a reason."""
        if attrs["accepted"] == bool(attrs["reason"]):
            text = "Give a reason for a kit that is not accepted, and for no other."
            raise serializers.ValidationError({"reason": text})
        del attrs["accepted"]
        return {"receipt": Receipt(**attrs)}


class RegisterSerializer(Serializer):
    """Whose sample is in a kit, and since when."""

    first_name = CharField(max_length=LONGEST_NAME, required=False, default="", allow_blank=True)
    last_name = CharField(max_length=LONGEST_NAME, required=False, default="", allow_blank=True)
    birth_date = DateField()
    sex = ChoiceField(Sex.choices, required=False, default=Sex.UNKNOWN)
    collected_at = serializers.DateTimeField(help_text="When the sample was taken.")
    consent_version = TokenField(
        max_length=50, help_text="Of the text that the test taker has agreed to."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The `taker`, and the rest as it is."""
        names = ("first_name", "last_name", "birth_date", "sex")
        taker = TestTaker(*(attrs.pop(name) for name in names))
        return {"taker": taker, "sampled_at": attrs["collected_at"]} | {
            "consent_version": attrs["consent_version"]
        }


class ResumeSerializer(Serializer):
    """How it was put right."""

    reason = TextField(max_length=400, help_text="Kept with the kit; no personal data.")


class ReplacementSerializer(Serializer):
    """The order by which a kit is sent anew."""

    id = serializers.IntegerField(read_only=True)
    number = serializers.CharField(read_only=True)


class GiveUpSerializer(Serializer):
    """Why a kit is given up."""

    reason = TextField(max_length=400, help_text="Kept with the kit; no personal data.")
