"""What the address of an admin's list asks: it is read as it was meant, or refused by its name.

Django and Unfold leave out what they cannot read, and show every row then.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import prepare_lookup_value
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR
from django.core.exceptions import BadRequest, FieldDoesNotExist, FieldError, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import make_aware
from unfold.contrib.filters.admin import RangeDateFilter, RangeDateTimeFilter
from unfold.utils import parse_date_str, parse_datetime_str

from core.bases import MixinBase
from core.database import clock
from core.values.text import lenient
from core.web.error_pages import unreadable

OURS = frozenset({*IGNORED_PARAMS, PAGE_VAR, ERROR_FLAG})
PAGE = re.compile(r"[1-9][0-9]{0,6}\Z", re.ASCII)
LONGEST_NAME = 60
WHOLE_DAY = {"from": "00:00:00", "to": "23:59:59.999999"}


class UnreadableListError(BadRequest):
    """Something in the address of a list cannot be read; `name` is that of the parameter."""

    def __init__(self, name: str) -> None:
        self.name = lenient(name)[:LONGEST_NAME]
        super().__init__("A filter of a list cannot be read.")


class ReadableList(MixinBase):
    """For every page of the admin: its list shows what its address asks for, or nothing."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list. Raises Unreadable for a filter that is none, or has a value that is none."""
        return checked(self, request, partial(super().get_changelist_instance, request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of the list; a 400 that names what cannot be read of its address."""
        try:
            answer: HttpResponse = super().changelist_view(request, extra_context)
        except UnreadableListError as refused:
            return unreadable(request, refused.name)
        return answer


class SetAsideFilter(SimpleListFilter):
    """What waits for somebody, by the column `set_aside_at`."""

    title = "waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Waiting or set aside."""
        return [("yes", "waits"), ("no", "set aside")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that wait, or do not."""
        if self.value() is None:
            return queryset
        return queryset.filter(set_aside_at__isnull=self.value() == "yes")


class TimeRangeFilter(RangeDateTimeFilter):
    """Unfold's, but a day without a time is that whole day, and not left out; on staff's clock.
    Today, yesterday and the last seven days are a click away."""

    template = "admin/core/time_range.html"

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """The form, and the addresses of the list narrowed to these days."""
        today = clock.today()
        ranges = {"Today": (0, 0), "Yesterday": (1, 1), "Last 7 days": (6, 0)}
        names = self.expected_parameters()
        days = [
            (label, changelist.get_query_string(self._asked(today, *ends), names))
            for label, ends in ranges.items()
        ]
        for choice in super().choices(changelist):
            yield choice | {"days": days}

    def _asked(self, today: date, first: int, last: int) -> dict[str, str]:
        """The parameters of days, counted back from today."""
        ends = {"from": today - timedelta(days=first), "to": today - timedelta(days=last)}
        return {f"{self.parameter_name}_{end}_0": str(day) for end, day in ends.items()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows between the two moments, as far as they are given."""
        for end, lookup in (("from", "gte"), ("to", "lte")):
            moment = parse_datetime_str(self.given(end))
            if moment is not None:
                queryset = queryset.filter(**{f"{self.field_path}__{lookup}": make_aware(moment)})
        return queryset

    def given(self, end: str) -> str:
        """Day and time of one end; empty when neither is given."""
        names = (f"{self.parameter_name}_{end}_{part}" for part in (0, 1))
        day, time = (self.used_parameters.get(name) or "" for name in names)
        return f"{day} {time or WHOLE_DAY[end]}" if day or time else ""


def checked(page: Any, request: HttpRequest, make: Callable[[], Any]) -> Any:
    """The list that `make` makes. Raises Unreadable for what it cannot read of its address."""
    asked = {name: values for name, values in request.GET.lists() if name not in OURS}
    for name in (name for name, values in asked.items() if "\0" in "".join(values)):
        raise UnreadableListError(name)  # no row holds one
    try:
        changelist = make()
    except DisallowedModelAdminLookup:
        unknown = (name for name in asked if not page.lookup_allowed(name, "", request))
        raise UnreadableListError(next(unknown, "")) from None
    except IncorrectLookupParameters:
        known = _named_by_filters(page, request)
        columns = ((name, values) for name, values in asked.items() if name not in known)
        wrong = (name for name, values in columns if not _can_be_asked(page, name, values))
        raise UnreadableListError(next(wrong, PAGE_VAR)) from None
    wrong = (name for name, values in asked.items() if not _is_choice(page, name, values))
    for name in (*wrong, *_wrong_page(request), *_wrong_of_filters(changelist.filter_specs)):
        raise UnreadableListError(name)
    return changelist


def _named_by_filters(page: Any, request: HttpRequest) -> set[str]:
    return {getattr(each, "parameter_name", "") or "" for each in page.get_list_filter(request)}


def _can_be_asked(page: Any, name: str, values: list[str]) -> bool:
    try:
        for value in values:
            page.model._default_manager.filter(**{name: prepare_lookup_value(name, value)})
    except (ValueError, TypeError, ValidationError, FieldError):
        return False
    return True


def _is_choice(page: Any, name: str, values: list[str]) -> bool:
    """Whether a column that holds one of a few words is compared with such words."""
    column, _, lookup = name.partition("__")
    try:
        choices = getattr(page.model._meta.get_field(column), "flatchoices", None)
    except FieldDoesNotExist:
        return True
    if not choices or lookup not in {"", "exact", "in"}:
        return True
    asked = [word for value in values for word in value.split(",")]
    return {str(value) for value, _ in choices}.issuperset(asked)


def _wrong_page(request: HttpRequest) -> Iterator[str]:
    if not PAGE.match(request.GET.get(PAGE_VAR, "1")):
        yield PAGE_VAR


def _wrong_of_filters(filters: list[Any]) -> Iterator[str]:
    for each in filters:
        if isinstance(each, SimpleListFilter):
            yield from _wrong_choice(each)
        elif isinstance(each, RangeDateFilter):
            yield from _wrong_days(each)
        elif isinstance(each, TimeRangeFilter):
            yield from _wrong_times(each)


def _wrong_choice(each: Any) -> Iterator[str]:
    """Filters whose choices come and go (`open_ended`) take others, too."""
    choices = {str(value) for value, _ in each.lookup_choices}
    if each.value() and each.value() not in choices and not getattr(each, "open_ended", False):
        yield each.parameter_name


def _wrong_days(each: Any) -> Iterator[str]:
    for name in each.expected_parameters():
        given = each.used_parameters.get(name)
        if given and parse_date_str(given) is None:
            yield name


def _wrong_times(each: Any) -> Iterator[str]:
    for end in ("from", "to"):
        if (given := each.given(end)) and parse_datetime_str(given) is None:
            yield f"{each.parameter_name}_{end}_0"
