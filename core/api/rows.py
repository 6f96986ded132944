"""Answers to GET made of plain rows: one statement, and neither instance nor serializer per row.

Lists are read most of all, and both cost ten times as much as the row. A view's serializer says
the same shape for the OpenAPI document and answers writes: tests/api/test_rows.py compares the two.
"""

import json
from datetime import datetime
from typing import Any

from django.db.models import JSONField, Model, QuerySet, Subquery
from django.utils.timezone import get_default_timezone
from rest_framework.request import Request
from rest_framework.response import Response

from core.bases import MixinBase

Json = dict[str, Any]
Rows = QuerySet[Any, Json]


class ListRowsMixin(MixinBase):
    """Lists `rows`, a queryset of dictionaries, each as `row_json` writes it.

    Comes before the bases that write: those have `queryset` and the serializer, as always.
    """

    rows: Rows

    def row_json(self, row: Json) -> Json:
        """What the API says of a row of `rows`: its fields by name."""
        raise NotImplementedError

    def get_queryset(self) -> Any:
        """The rows where they are only shown."""
        is_read = getattr(self, "action", None) in ("list", "retrieve")
        return self.rows.all() if is_read else super().get_queryset()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        answer: Response = self.get_paginated_response([self.row_json(row) for row in page])
        return answer


class ReadRowsMixin(ListRowsMixin):
    """Lists them, and shows one of them in the same way."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.row_json(self.get_object()))


class _RelatedField(JSONField):
    """Rows as PostgreSQL writes them: text of JSON, exact amounts kept as text."""

    _decode = staticmethod(json.JSONDecoder(parse_float=str).decode)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The rows."""
        return self._decode(value)


class RelatedRows(Subquery):
    """What hangs on a row, in the row's own statement: a list of dictionaries, in their order.

    Times in it are text: `related_time` reads them. Amounts are text, as the API shows them.
    """

    # As text: PostgreSQL's driver would read JSON itself, and amounts as inexact numbers.
    template = "(SELECT coalesce(json_agg(_row), '[]')::text FROM (%(subquery)s) _row)"
    output_field = _RelatedField()


def related_text(model: type[Model], name: str, row: Json) -> Any:
    """The value of an encrypted column of related rows, which comes as hexadecimal digits."""
    field: Any = model._meta.get_field(name)
    return field.decrypted(bytes.fromhex(row[name][2:]))


def time_json(time: datetime | None) -> str | None:
    """A time as DRF's DateTimeField writes it, in a quarter of the time."""
    if time is None:
        return None
    text = time.astimezone(get_default_timezone()).isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def related_time(text: str | None) -> datetime | None:
    """A time of related rows, with its zone; None for none."""
    return datetime.fromisoformat(text) if text else None
