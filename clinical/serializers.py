"""The shapes of patients and studies in the API."""

from datetime import date
from typing import Any

from rest_framework import serializers

from clinical.models import NAMELESS, Patient, Study, validate_birth_date
from clinical.states import StudyState
from core.dates import iso_date
from core.serializers import IntegerField, ModelSerializer
from customers.models import Customer


class DateField(serializers.DateField):
    """A date as YYYY-MM-DD only. DRF would take week dates and dates without hyphens too."""

    def to_internal_value(self, value: Any) -> date:
        """The date; a ValidationError for anything else."""
        try:
            return iso_date(value)
        except (ValueError, TypeError):
            self.fail("invalid", format="YYYY-MM-DD")


class StudySerializer(ModelSerializer):
    """A study of a patient."""

    status = serializers.ChoiceField(StudyState.choices, source="state", read_only=True)

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


class PatientSerializer(ModelSerializer):
    """A patient with the studies on record, the newest first."""

    birth_date = DateField(
        validators=[validate_birth_date], help_text="YYYY-MM-DD, from 1900 until today."
    )
    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.all(),
        pk_field=IntegerField(),
        required=False,
        allow_null=True,
        help_text="The customer who this patient is, if any.",
    )
    studies = StudySerializer(many=True, read_only=True)

    class Meta:
        model = Patient
        fields = ["id", "first_name", "last_name", "birth_date", "email", "customer", "studies"]
        read_only_fields = ["id"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What came. A ValidationError, on both names, for somebody who would have neither."""
        names = ("first_name", "last_name")
        if not any(attrs.get(name, getattr(self.instance, name, "")) for name in names):
            errors = {name: [NAMELESS] for name in names}
            raise serializers.ValidationError(errors, code="required")
        return attrs
