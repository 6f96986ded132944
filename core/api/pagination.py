"""How lists are paged and ordered."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import filters, pagination
from rest_framework.exceptions import NotFound, ValidationError

from core.database.folding import SortKey


class CursorPagination(pagination.CursorPagination):
    """`{"next", "previous", "results"}`; `page_size` 50, at most 200. No count: it stays quick."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-id"
    # Rows that are equal in the ordering are told apart by counting. DRF stops counting at 1,000
    # and would then show the same page for ever.
    offset_cutoff = 1_000_000

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """The page; a 404 when the cursor was not made by us."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error

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
        if unknown:
            known = ", ".join(sorted(valid))
            raise ValidationError(
                {"ordering": f"Cannot order by {unknown[0]}. Use one of: {known}."}
            )
        return list(fields)
