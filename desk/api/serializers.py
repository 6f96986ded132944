"""The shapes of the exceptions queue in the API."""

from datetime import datetime
from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core import cases
from core.api.serializers import BooleanField, ModelSerializer, Serializer, TextField
from core.cases import Action
from core.cases.models import Case, CaseEvent
from desk.exceptions.due_times import due_at
from identity.rights.roles import roles_with
from shipping.api.serializers.tracking import DetailField, ReasonField

LONGEST_REASON = 500


class StepSerializer(ModelSerializer):
    """A step in the handling of a case."""

    detail = DetailField()

    class Meta:
        model = CaseEvent
        fields = ["kind", "at", "actor", "detail"]
        read_only_fields = fields


class FieldSerializer(Serializer):
    """Something that an action wants to know."""

    name = serializers.CharField()
    required = BooleanField()  # type: ignore[assignment]  # a field hides the attribute
    help = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class ActionSerializer(Serializer):
    """Something that can be done now. `obstacle` says what speaks against it, if anything does."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field hides the attribute
    explained = serializers.CharField()
    obstacle = serializers.CharField()
    needs_reason = BooleanField()
    roles = serializers.ListField(
        child=serializers.CharField(), help_text="The roles of staff who may do it in the admin."
    )
    fields = FieldSerializer(many=True)


class CaseSerializer(ModelSerializer):
    """Something that somebody must look at: what happened, what the other side said, since when."""

    label = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field hides the attribute
        help_text="The kind, in words."
    )
    provider = serializers.CharField(source="source", read_only=True)
    said = ReasonField()
    due_at = serializers.SerializerMethodField(help_text="Until when it should be dealt with.")

    class Meta:
        model = Case
        fields = [
            "id",
            "kind",
            "label",
            "subject_type",
            "subject_id",
            "provider",
            "title",
            "happened",
            "said",
            "opened_at",
            "due_at",
            "assignee",
            "snoozed_until",
            "closed_at",
            "closed_by",
            "closing_reason",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.DateTimeField())
    def get_due_at(self, case: Case) -> datetime:
        """By its kind."""
        return due_at(case)

    def get_label(self, case: Case) -> str:
        """The kind in words."""
        return cases.kind(case.kind).label


class CaseDetailSerializer(CaseSerializer):
    """A case with its history and what can be done about it now."""

    events = StepSerializer(many=True, read_only=True)
    actions = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields = [*CaseSerializer.Meta.fields, "events", "actions"]
        read_only_fields = fields

    @extend_schema_field(ActionSerializer(many=True))
    def get_actions(self, case: Case) -> list[dict[str, Any]]:
        """What can be done now."""
        subject = cases.subject_of(case)
        return [_shown(action, subject) for action in cases.available_actions(case, subject)]


def _shown(action: Action, subject: Any) -> dict[str, Any]:
    obstacle = action.risk(subject) if subject is not None else ""
    return {
        "name": action.name,
        "label": action.label,
        "explained": action.help_text,
        "obstacle": obstacle,
        "needs_reason": action.needs_reason or bool(obstacle),
        "roles": roles_with("core.change_case", action.permission),
        "fields": [_field(name, field) for name, field in action.form().fields.items()],
    }


def _field(name: str, field: forms.Field) -> dict[str, Any]:
    choices = [str(value) for value, _ in getattr(field, "choices", [])]
    return {
        "name": name,
        "required": field.required,
        "help": str(field.help_text),
        "choices": choices,
    }


class ActSerializer(Serializer):
    """What is to be done: why, and whatever else the action asks for."""

    reason = TextField(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_REASON,
        help_text="Kept with the case. Needed where the action says so; no personal data.",
    )
    despite_risk = BooleanField(
        required=False, default=False, help_text="The action's `obstacle` was read and weighed."
    )
    fields = serializers.DictField(  # type: ignore[assignment]  # a field hides the attribute
        child=TextField(max_length=500, allow_blank=True),
        required=False,
        help_text="The action's fields, by name.",
    )
