"""`…/{id}/history/`: what was changed of a record, by whom, when, why and from where."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import CursorPagination
from core.api.rows import time_json
from core.bases import MixinBase
from core.history.changes import Change, changes, plain
from core.history.tracking import CHANGED, CREATED, DELETED, HistoryRow, history_of

SAID = ("actor", "reason", "request", "request_id", "task", "command")


class FieldChangeSerializer(serializers.Serializer[Any]):
    """What became of one field."""

    field = serializers.CharField(help_text="As the record itself names it.")
    old = serializers.JSONField(
        allow_null=True, help_text="Null: there was none. “erased”: it was erased."
    )
    new = serializers.JSONField(allow_null=True, help_text="Null: there is none.")


class ChangeSerializer(serializers.Serializer[Any]):
    """One change of a record."""

    id = serializers.IntegerField(help_text="Of the change.")
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField([CREATED, CHANGED, DELETED])
    actor = serializers.CharField(help_text="Who; empty where a program did not say.")
    reason = serializers.CharField(help_text="Why, where somebody said it.")
    request = serializers.CharField(help_text="Method and pattern of the address, for requests.")
    request_id = serializers.CharField(help_text="`X-Request-ID` of the request or its task.")
    task = serializers.CharField(help_text="The background task.")
    command = serializers.CharField(help_text="The management command.")
    changes = FieldChangeSerializer(many=True, help_text="The fields that are others now.")


class HistoryPagination(CursorPagination):
    """The latest changes first."""

    ordering = "-pgh_id"


def as_they_are(*names: str) -> dict[str, str]:
    """`history_fields` that the API calls as the model does."""
    return {name: name for name in names}


class HistoryMixin(MixinBase):
    """For views of one record each: its history, for whoever may read the record."""

    # Field of the model -> what the API calls it; no other is shown.
    history_fields: Mapping[str, str] = {}

    @extend_schema(
        summary="List what was changed, the latest first",
        description="Each change with who made it, why and from where, whatever made it.",
        responses=ChangeSerializer(many=True),
    )
    @action(
        detail=True,
        pagination_class=HistoryPagination,
        serializer_class=ChangeSerializer,
        filter_backends=[],
    )
    def history(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of the changes of this record."""
        record = self.recorded()
        kept: Any = history_of(type(record))
        page = self.paginate_queryset(kept.objects.filter(**_whose(kept, record)))
        rows = [change_json(change, self.history_fields) for change in changes(page)]
        answer: Response = self.get_paginated_response(rows)
        return answer

    def recorded(self) -> Any:
        """The record of the address, if this caller may see it. Raises Http404."""
        rows = self.get_queryset().select_related(None).prefetch_related(None)
        name = self.lookup_field
        return get_object_or_404(rows, **{name: self.kwargs[self.lookup_url_kwarg or name]})


def _whose(kept: type[HistoryRow], record: models.Model) -> dict[str, Any]:
    """By which columns its index is asked for the changes of a record."""
    owner = {f"{kept.part_of}_id": getattr(record, f"{kept.part_of}_id")} if kept.part_of else {}
    return owner | {"id": record.pk}


def change_json(change: Change, names: Mapping[str, str]) -> dict[str, Any]:
    """One change, with the fields that these names let out."""
    row = change.row
    fields = [
        {"field": names[part.field.name], "old": plain(part.old), "new": plain(part.new)}
        for part in change.fields
        if part.field.name in names
    ]
    return {
        "id": row.pk,
        "at": time_json(row.pgh_created_at),
        "kind": row.pgh_label,
        **{name: change.said(name) for name in SAID},
        "changes": fields,
    }
