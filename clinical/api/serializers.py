"""The shapes of patients and studies in the API."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from clinical import births
from clinical.births import Born, Precision
from clinical.models import NAMELESS, IdentifierType, Patient, PatientIdentifier, Study
from clinical.patients.services import MOST_IDENTIFIERS
from clinical.states import StudyState
from core.api.serializers import ChoiceField, IntegerField, ModelSerializer, TokenField
from customers.models import Customer


class BirthDateField(serializers.DateField):
    """A birth date as far as it is known; shown as the first day of that."""

    def to_internal_value(self, value: Any) -> Any:
        """The date, month or year; a ValidationError for anything else."""
        return births.checked(value)


class BirthDateSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # the library registers it, untyped
    """How it is written, and how it is shown."""

    target_class = BirthDateField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Its schema."""
        form = {"pattern": births.PATTERN} if direction == "request" else {"format": "date"}
        return {"type": "string"} | form


class StudySerializer(ModelSerializer):
    """A study of a patient."""

    status = ChoiceField(StudyState.choices, source="state", read_only=True)

    class Meta:
        model = Study
        fields = [
            "id",
            "urgency_level",
            "body_part",
            "description",
            "type",
            "status",
            "created_at",
        ]
        read_only_fields = ["id", "created_at"]


class IdentifierSerializer(ModelSerializer):
    """What another system calls a patient."""

    type = ChoiceField(
        IdentifierType.choices, default=IdentifierType.RECORD, help_text="A code of HL7 table 0203."
    )
    system = TokenField(max_length=200, help_text="Who gives such numbers: a URI or a name.")
    value = TokenField(max_length=100, help_text="Compared without blanks, in any case.")

    class Meta:
        model = PatientIdentifier
        fields = ["type", "system", "value"]


class PatientSerializer(ModelSerializer):
    """A patient with the studies on record, the newest first."""

    birth_date = BirthDateField(
        help_text=f"{births.FORMS}. From 1900 until today. Shown as the first day of what is known."
    )
    birth_date_precision = ChoiceField(
        Precision.choices,
        required=False,
        help_text="How much of it is known. Left out: what is written of `birth_date`.",
    )
    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.all(),
        pk_field=IntegerField(),
        required=False,
        allow_null=True,
        help_text="The customer who this patient is, if any.",
    )
    identifiers = IdentifierSerializer(  # type: ignore[call-arg]  # of the list, as DRF has it
        many=True,
        required=False,
        max_length=MOST_IDENTIFIERS,
        help_text="All that the patient has; unique in each system. Left out, they stay.",
    )
    studies = StudySerializer(many=True, read_only=True)

    class Meta:
        model = Patient
        fields = [
            "id",
            "first_name",
            "last_name",
            "birth_date",
            "birth_date_precision",
            "email",
            "customer",
            "identifiers",
            "studies",
        ]
        read_only_fields = ["id"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What came. A ValidationError, on both names, for somebody who would have neither."""
        names = ("first_name", "last_name")
        if not any(attrs.get(name, getattr(self.instance, name, "")) for name in names):
            errors = {name: [NAMELESS] for name in names}
            raise serializers.ValidationError(errors, code="required")
        born = attrs.pop("birth_date", None)
        precision = attrs.pop("birth_date_precision", None)
        return attrs | self._born(born, precision)

    def _born(self, born: Born | None, precision: str | None) -> dict[str, Any]:
        """Both columns; a ValidationError where the precision is not that of the date.

        Only a full date may be less known than it is written: so are those that we show, and the
        same one again keeps its precision.
        """
        if born is None:
            if precision in (None, self.instance and self.instance.birth_date_precision):
                return {}
            raise _imprecise("Send birth_date with it: as YYYY, YYYY-MM or YYYY-MM-DD.")
        if (
            precision is None
            and self.instance
            and born == (self.instance.birth_date, Precision.DAY)
        ):
            return {}
        if precision and precision != born.precision:
            stated = Born(born.day, Precision(precision))
            if born.precision != Precision.DAY or born.day != stated.first:
                raise _imprecise("birth_date is not written so, nor the first day of that.")
            born = stated
        return {"birth_date": born.day, "birth_date_precision": born.precision}


def _imprecise(reason: str) -> serializers.ValidationError:
    return serializers.ValidationError({"birth_date_precision": [reason]}, code="precision")
