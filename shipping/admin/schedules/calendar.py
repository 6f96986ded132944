"""The calendar of shipments: a month or a week by provider and holiday; a day, and closing it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from unfold.decorators import action

from core.admin.overview.panels import list_of
from core.database import clock
from shipping.admin.schedules.forecast import ForecastPage
from shipping.models import Schedule, Shipment
from shipping.provider_api.working_days import DAY, Calendar
from shipping.schedules.batches import calendars
from shipping.schedules.forecast import MOST_DAYS, Forecast, forecast
from shipping.staff_actions import closures
from shipping.staff_actions.closures import Closure

MAY_CLOSE = ("shipping.change_shipment", "shipping.change_schedule")
WEEK = 7


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the grid: what ships by each provider, and why providers are closed."""

    date: date
    link: str
    is_today: bool
    is_other_month: bool
    ships: list[tuple[str, int]]
    closed: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OnDay:
    """What one provider has on a day, with the lists of it."""

    provider: str
    closed: str
    falls: int
    ships: int
    parcels: str
    next_day: date
    can_reopen: bool


class CalendarPage(ForecastPage):
    """A button above the list of schedules."""

    actions_list = ["calendar", "forecast"]

    @action(
        description="Calendar",
        icon="calendar_month",
        permissions=["view"],
        url_path="calendar",
    )
    def calendar(self, request: HttpRequest) -> HttpResponse:
        """A month, the week or the day that the address names; a POST closes days, or opens one.

        Raises BadRequest for what is no date, PermissionDenied for whoever may close no day.
        """
        if request.method == "POST":
            return _send(self, request)
        day = _date(request, "day")
        return _day_page(self, request, day) if day else _grid_page(self, request)

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Whether this person may close days: it moves parcels and dates of schedules."""
        return request.user.has_perms(MAY_CLOSE)


def _grid_page(page: Any, request: HttpRequest) -> HttpResponse:
    today = clock.today()
    week, provider = _date(request, "week"), request.GET.get("provider", "")
    month = (_date(request, "month") or week or today).replace(day=1)
    first, last = _grid(month, week)
    known = {n: c for n, c in sorted(calendars().items()) if provider in ("", n)}
    if not known:
        raise BadRequest("There is no such provider.")
    counted = _forecast(max(first, today), last, provider)
    days = [first + n * DAY for n in range((last - first).days + 1)]
    before, after = _around(month, week)
    name = "week" if week else "month"
    context = page.admin_site.each_context(request) | {
        "title": f"Week of {date_format(first)}" if week else f"{month:%B %Y}",
        "opts": page.opts,
        "days": [_day(day, month, bool(week), counted, known) for day in days],
        "weekdays": [f"{day:%a}" for day in days[:WEEK]],
        "before": _address(name, before, provider),
        "after": _address(name, after, provider),
        "other": ("Month", _address("month", month, provider))
        if week
        else ("Week", _address("week", today if _is_in(today, month) else first, provider)),
        "providers": [("All", _address(name, week or month, ""), not provider)]
        + [(n, _address(name, week or month, n), n == provider) for n in sorted(calendars())],
    }
    return TemplateResponse(request, "admin/shipping/calendar.html", context)


def _day(
    day: date, month: date, is_week: bool, counted: Forecast | None, known: dict[str, Calendar]
) -> Day:
    parts = counted.on(day) if counted and counted.first <= day <= counted.last else []
    return Day(
        date=day,
        link=f"?day={day.isoformat()}",
        is_today=day == clock.today(),
        is_other_month=not is_week and not _is_in(day, month),
        ships=[(part.provider, part.shipments) for part in parts if part.shipments],
        closed=[(name, why) for name, each in known.items() if (why := each.why_closed(day))],
    )


def _day_page(page: Any, request: HttpRequest, day: date) -> HttpResponse:
    """What falls and ships on a day; with a provider and `until`, what closing it comes to."""
    days = {"ship_on_from": day.isoformat(), "ship_on_to": day.isoformat()}
    due = {"next_on_from": day.isoformat(), "next_on_to": day.isoformat()}
    closure = _closure(request.GET) if "until" in request.GET else None
    rows = list(_rows(day))
    closed = [row.provider for row in rows if row.can_reopen]
    context = page.admin_site.each_context(request) | {
        "title": date_format(day, "l, j F Y"),
        "opts": page.opts,
        "day": day,
        "rows": rows,
        "to_move": closures.still_to_move(closed, day) if closed else None,
        "parcels": list_of(Shipment, **days),
        "schedules": list_of(Schedule, state__exact="active", **due),
        "may_close": page.has_close_permission(request),
        "closure": closure,
        "draws_something_new": True,
    }
    if closure:
        try:
            context["effect"] = closures.effect_of(closure)
        except ValidationError as refused:
            context["refusal"] = " ".join(refused.messages)
    return TemplateResponse(request, "admin/shipping/calendar_day.html", context)


def _rows(day: date) -> Iterator[OnDay]:
    counted = _forecast(day, day, "")
    parts = {part.provider: part for part in counted.on(day)} if counted else {}
    for name, calendar in sorted(calendars().items()):
        part = parts.get(name)
        parcels = list_of(
            Shipment,
            provider=name,
            ship_on_from=day.isoformat(),
            ship_on_to=day.isoformat(),
        )
        falls, ships = (part.occurrences, part.shipments) if part else (0, 0)
        behind, is_closed = calendar.ship_day(day + DAY), day in calendar.closed
        yield OnDay(name, calendar.why_closed(day), falls, ships, parcels, behind, is_closed)


def _send(page: Any, request: HttpRequest) -> HttpResponse:
    if not page.has_close_permission(request):
        raise PermissionDenied
    given = request.POST
    day = _date(request, "day")
    if day is None:
        raise BadRequest("Name the day.")
    try:
        text = _reopened(given, day) if "reopen" in given else _closed(_closure(given))
    except ValidationError as refused:
        page.message_user(request, " ".join(refused.messages), messages.ERROR)
    else:
        page.message_user(request, text, messages.SUCCESS)
    return redirect(f"{request.path}?day={day.isoformat()}")


def _reopened(given: Any, day: date) -> str:
    closures.reopen(given.get("provider", ""), day)
    return f"Open again: {date_format(day)}."


def _closed(closure: Closure) -> str:
    return _report(closure, closures.close(closure))


def _report(closure: Closure, effect: closures.Effect) -> str:
    """What was done, and what was left out, and why."""
    text = (
        f"{closure.provider} takes nothing before {date_format(closure.until)}. Parcels that move "
        f"to {date_format(effect.ships_on)}: {effect.moved}, within a minute."
    )
    left_out = ", ".join(f"{count} {state}" for state, count in sorted(effect.left_out.items()))
    return f"{text} Left out, since they do not wait for the day: {left_out}." if left_out else text


def _closure(given: Any) -> Closure:
    try:
        first, until = date.fromisoformat(given["day"]), date.fromisoformat(given["until"])
    except (KeyError, ValueError) as error:
        raise BadRequest("Write dates as YYYY-MM-DD.") from error
    return Closure(given.get("provider", ""), first, until)


def _date(request: HttpRequest, name: str) -> date | None:
    """The date of this name, within reach. Raises BadRequest for what is none."""
    text = request.GET.get(name, "") or request.POST.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("Write dates as YYYY-MM-DD.") from error
    if not 2000 <= day.year < 2100:
        raise BadRequest("The calendar goes from 2000 to 2099.")
    return day


def _grid(month: date, week: date | None) -> tuple[date, date]:
    """Whole weeks, from Monday on."""
    begin = week or month
    first = begin - begin.weekday() * DAY
    end = begin if week else (month + 31 * DAY).replace(day=1) - DAY
    return first, end + (6 - end.weekday()) * DAY


def _around(month: date, week: date | None) -> tuple[date, date]:
    if week:
        return week - WEEK * DAY, week + WEEK * DAY
    return (month - DAY).replace(day=1), (month + 31 * DAY).replace(day=1)


def _is_in(day: date, month: date) -> bool:
    return (day.year, day.month) == (month.year, month.month)


def _address(name: str, day: date, provider: str) -> str:
    return f"?{name}={day.isoformat()}" + (f"&provider={provider}" if provider else "")


def _forecast(first: date, last: date, provider: str) -> Forecast | None:
    """What ships from today on; nothing for days that are over, and those far ahead."""
    today = clock.today()
    if last < today or (last - today).days > MOST_DAYS:
        return None
    return forecast(days=(last - today).days + 1, provider=provider, first=today)
