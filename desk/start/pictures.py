"""Days in figures and pictures: today and yesterday beside the same weekday before, thirty days as
bars, and what is due. Each figure leads to its list."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.http import HttpRequest

from core.admin.charts import Bar, plain_bars
from core.values import money
from desk.start.cards import list_at, on_day
from desk.start.rollup import AHEAD, Days

WIDTH, HEIGHT = 300, 60
MOST_CURRENCIES = 3
ACTIVE = {"state__exact": "active"}
CALM, ALARMING = "#0072b2", "#d55e00"


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure, and the list behind it."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Thirty days of one figure; `text` says in words what is to be seen."""

    title: str
    text: str
    bars: list[Bar]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is counted by day."""

    title: str
    of: Callable[[date], Decimal | None]
    shown: Callable[[Decimal], str]
    link: Callable[[date], str]
    colour: str = CALM


def figures(request: HttpRequest, days: Days) -> list[Figure]:
    """Those that this person may see."""
    may = request.user.has_perm
    known: list[Figure] = []
    if may("orders.view_order"):
        orders = partial(_list_of_day, "orders_order", "time")
        known.append(_count("Orders", "orders", orders, days))
        for currency in _currencies(days):
            amount = partial(_amount, days, currency)
            shown = partial(money.shown, currency=currency)
            known.append(Figure(f"Ordered, {currency}", amount, shown, orders))
    if may("shipping.view_shipment"):
        known.append(_count("Parcels by ship date", "parcels", _parcels_of_day, days))
    if may("core.view_case"):
        opened = partial(_list_of_day, "core_case", "opened_at", status="all")
        known.append(_count("Exceptions", "exceptions", opened, days, ALARMING))
    if may("notifications.view_notification"):
        made = partial(_list_of_day, "notifications_notification", "created_at")
        known.append(_count("Messages", "messages", made, days))
    return known


def _currencies(days: Days) -> list[str]:
    return days.currencies(days.days)[:MOST_CURRENCIES] or [settings.DEFAULT_CURRENCY]


def _count(
    title: str, name: str, link: Callable[[date], str], days: Days, colour: str = CALM
) -> Figure:
    return Figure(title, partial(_total, days, name), "{:,}".format, link, colour)


def _total(days: Days, name: str, day: date) -> Decimal | None:
    number = days.total(day, name)
    return None if number is None else Decimal(number)


def _amount(days: Days, currency: str, day: date) -> Decimal | None:
    if days.total(day, "orders") is None:
        return None
    return Decimal(days.parts(day, "money").get(currency, 0))


def _list_of_day(page: str, column: str, day: date, **query: str) -> str:
    return list_at(page, **query, **on_day(column, day))


def _parcels_of_day(day: date) -> str:
    return list_at("shipping_shipment", ship_on_from=f"{day}", ship_on_to=f"{day}")


def rows(known: Sequence[Figure], days: Sequence[date]) -> Iterator[tuple[str, list[Cell]]]:
    """Each figure on these days."""
    for figure in known:
        yield figure.title, [_cell(figure, day) for day in days]


def by_day(known: Sequence[Figure], days: Days) -> list[tuple[date, list[Cell]]]:
    """All figures of each day, the latest first."""
    return [(day, [_cell(figure, day) for figure in known]) for day in reversed(days.days)]


def _cell(figure: Figure, day: date) -> Cell:
    amount = figure.of(day)
    if amount is None:
        return Cell("not counted yet")
    return Cell(figure.shown(amount), figure.link(day))


def compared(today: date) -> list[date]:
    """Today and yesterday, each with the same weekday before."""
    week, yesterday = timedelta(days=7), today - timedelta(days=1)
    return [today, today - week, yesterday, yesterday - week]


def picture(figure: Figure, days: Sequence[date]) -> Picture:
    """The figure as bars."""
    amounts = [figure.of(day) or Decimal(0) for day in days]
    titled = [
        (f"{_worded(day)}: {figure.shown(amount)}", amount)
        for day, amount in zip(days, amounts, strict=True)
    ]
    bars = plain_bars(titled, figure.colour, width=WIDTH, height=HEIGHT)
    text = f"{figure.shown(sum(amounts, Decimal(0)))} in {len(days)} days"
    if most := max(amounts):
        peak = days[amounts.index(most)]
        text += f", most on {_worded(peak)}: {figure.shown(most)}"
    return Picture(figure.title, f"{text}.", bars)


def _worded(day: date) -> str:
    return f"{day:%a %-d %b %Y}"


def due(request: HttpRequest, days: Days) -> list[tuple[str, Cell]]:
    """Subscriptions with a date in the days ahead, before them those that are late; none for
    whoever may not see them."""
    if not request.user.has_perm("shipping.view_schedule") or days.counted_at is None:
        return []
    counted = days.parts(days.today, "due")
    ahead = [days.today + timedelta(days=number) for number in range(AHEAD)]
    late = days.parts(days.today, "late").get("subscriptions", 0)
    before = list_at("shipping_schedule", **ACTIVE, next_on_to=f"{days.today - timedelta(days=1)}")
    return [
        *([("Late", Cell(f"{late:,}", before))] if late else ()),
        *((_worded(day), Cell(f"{counted.get(f'{day}', 0):,}", _due_on(day))) for day in ahead),
    ]


def _due_on(day: date) -> str:
    return list_at("shipping_schedule", **ACTIVE, next_on_from=f"{day}", next_on_to=f"{day}")
