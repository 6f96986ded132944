"""How lists are paged and ordered."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q
from rest_framework import filters, pagination
from rest_framework.exceptions import NotFound, ValidationError

from core.api.errors import MOST_ERRORS
from core.database.folding import SortKey


class CursorPagination(pagination.CursorPagination):
    """`{"next", "previous", "results"}`; `page_size` 50, at most 200. No count: it stays quick."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"
    # Cursors of the release before tell rows that are equal in the ordering apart by counting. DRF
    # stops counting at 1,000 and would then show the same page for ever.
    offset_cutoff = 1_000_000

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """The page; a 404 when the cursor was not made by us, a 400 for an unknown parameter."""
        if view is not None:
            _refuse_unknown(request, view)
        cursor: Any = super().decode_cursor(request)
        place = cursor and _place(cursor.position)
        try:
            if place:
                ordering = self.get_ordering(request, queryset, view)
                queryset = queryset.filter(_beyond(ordering, place, is_back=cursor.reverse))
            page: Any = super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error
        if place and cursor.reverse:
            self.has_next, self.next_position = True, cursor.position
        elif place:
            self.has_previous, self.previous_position = True, cursor.position
        return page

    def decode_cursor(self, request: Any) -> Any:
        """The cursor, without a place that is a row: `paginate_queryset` has begun there."""
        cursor: Any = super().decode_cursor(request)
        return cursor._replace(position=None) if cursor and _place(cursor.position) else cursor

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str:
        """The row's place: the texts of all that is ordered by, so that no two rows share one."""
        if len(ordering) == 1:
            position: str = super()._get_position_from_instance(instance, ordering)
            return position
        names = [name.lstrip("-") for name in ordering]
        row = instance if isinstance(instance, dict) else vars(instance)
        return json.dumps([str(row[name]) for name in names])

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters for the OpenAPI document, with the least page size."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {"type": "integer", "minimum": 1}
        return parameters

    def get_page_size(self, request: Any) -> int | None:
        """The page size asked for; a 400 when it is not a whole number from 1 up."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (asked.isascii() and asked.isdigit() and int(asked) > 0):
            raise ValidationError({"page_size": "Give a whole number from 1 to 200."})
        return super().get_page_size(request)


def _refuse_unknown(request: Any, view: Any) -> None:
    """Raise ValidationError for a parameter that is none of this list: it would show every row."""
    known = sorted(_known(view))
    wrong = sorted(set(request.query_params) - {*known, "format"})[:MOST_ERRORS]
    if wrong:
        text = f"There is no such parameter. Use one of: {', '.join(known)}."
        raise ValidationError({name[:100]: text for name in wrong}, code="unknown_parameter")


def _known(view: Any) -> Iterator[str]:
    yield from ("cursor", "page_size")
    for backend in view.filter_backends:
        if issubclass(backend, filters.OrderingFilter):
            yield backend.ordering_param
        elif issubclass(backend, filters.SearchFilter):
            yield backend.search_param
        elif filterset := getattr(view, "filterset_class", None):
            yield from filterset.base_filters


ENCRYPTED = (
    "Cannot order by {}: the database holds it encrypted. Search for names, filter by birth date, "
    "and order what was sent."
)


def _place(position: Any) -> list[str] | None:
    """The place of a row that a cursor names; None where it names one column alone."""
    try:
        place = json.loads(position or "")
    except ValueError:
        return None
    is_place = isinstance(place, list) and all(isinstance(text, str) for text in place)
    return place if is_place else None


def _beyond(ordering: Sequence[str], place: list[str], *, is_back: bool) -> Q:
    """The rows behind that place, or before it. Raises ValueError for a place in another order.

    Without counting: rows that are equal in the first column may be a million after an import.
    """
    beyond, bound = Q(), Q()
    for name, text in reversed(list(zip(ordering, place, strict=True))):
        column = name.lstrip("-")
        side = "gt" if name.startswith("-") == is_back else "lt"
        tied = Q(Q(**{column: text}), beyond) if beyond else Q()
        beyond = Q(**{f"{column}__{side}": text}) | tied
        bound = Q(**{f"{column}__{side}e": text})
    return bound & beyond


def _keys(view: Any) -> dict[str, str]:
    """The view's `alphabetical_fields`, and what the key of each is called."""
    return {name: f"{name}_key" for name in getattr(view, "alphabetical_fields", ())}


def _plain(ordering: list[str]) -> set[str]:
    return {field.lstrip("-") for field in ordering}


class OrderingFilter(filters.OrderingFilter):
    """Orders by the view's `ordering_fields`, with the key as the last word; a 400 for others."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameter for the OpenAPI document, with the fields there are."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        field = f"-?({'|'.join(view.ordering_fields)})"
        for parameter in parameters:
            parameter["schema"] = {"type": "string", "pattern": f"^({field}(,{field})*)?$"}
        return parameters

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """The rows in that order; each carries the key of its place in an alphabet."""
        ordering = self.get_ordering(request, queryset, view)
        keys = {key: SortKey(name) for name, key in _keys(view).items() if key in _plain(ordering)}
        return queryset.annotate(**keys).order_by(*ordering)

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:
        """The columns to order by; before names, their keys in a person's alphabet."""
        ordering, keys = [], _keys(view)
        for field in super().get_ordering(request, queryset, view) or ["-id"]:
            if key := keys.get(field.lstrip("-")):
                ordering.append(field.replace(field.lstrip("-"), key))
            ordering.append(field)
        return ordering if ordering[-1] in ("id", "-id") else [*ordering, "-id"]

    def remove_invalid_fields(
        self, queryset: Any, fields: Any, view: Any, request: Any
    ) -> list[str]:
        """The fields, unless one cannot be ordered by."""
        valid = {name for name, _ in self.get_valid_fields(queryset, view, {"request": request})}
        unknown = [field for field in fields if field.lstrip("-") not in valid]
        encrypted = {field.lstrip("-") for field in fields} & set(
            getattr(view, "encrypted_fields", ())
        )
        if encrypted:
            raise ValidationError({"ordering": ENCRYPTED.format(" and ".join(sorted(encrypted)))})
        if unknown:
            known = ", ".join(sorted(valid))
            raise ValidationError(
                {"ordering": f"Cannot order by {unknown[0]}. Use one of: {known}."}
            )
        return list(fields)
