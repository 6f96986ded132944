"""The costs of the last days as bars: one picture for each currency, drawn on the server."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from notifications.models import DailyCost

DAYS = 30
WIDTH, HEIGHT, GAP = 960, 180, 6
# Distinct in light and dark, and for most who see colours otherwise (Okabe and Ito).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")


@dataclass(frozen=True, slots=True)
class Bar:
    """One service on one day, in the picture's units."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    said: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The days of one currency."""

    currency: str
    total: str
    messages: int
    bars: list[Bar]
    legend: list[tuple[str, str]]  # service and colour
    days: list[tuple[float, str]]  # where a day is named
    most: str


def pictures(today: date) -> list[Picture]:
    """A picture for each currency of the last thirty days, the one with most messages first."""
    since = today - timedelta(days=DAYS - 1)
    rows = DailyCost.objects.filter(day__gte=since, day__lte=today).exclude(currency="")
    by_currency: defaultdict[str, list[DailyCost]] = defaultdict(list)
    for row in rows.order_by("day", "channel", "provider"):
        by_currency[row.currency].append(row)
    drawn = [_drawn(currency, some, since) for currency, some in by_currency.items()]
    return sorted(drawn, key=lambda picture: -picture.messages)


def _drawn(currency: str, rows: list[DailyCost], since: date) -> Picture:
    services = sorted({f"{row.channel} by {row.provider}" for row in rows})
    colours = {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(services)}
    highest = max(_sums(rows).values()) or Decimal(1)
    total = sum((row.amount for row in rows), Decimal(0))
    return Picture(
        currency,
        f"{total:,.2f}",
        sum(row.messages for row in rows),
        _bars(rows, since, colours, highest),
        list(colours.items()),
        [(_x(n) + _step() / 2, f"{since + timedelta(days=n):%-d %b}") for n in range(0, DAYS, 5)],
        f"{highest:,.2f}",
    )


def _sums(rows: Iterable[DailyCost]) -> dict[date, Decimal]:
    sums: defaultdict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.day] += row.amount
    return sums


def _bars(
    rows: Iterable[DailyCost], since: date, colours: dict[str, str], highest: Decimal
) -> list[Bar]:
    tops: defaultdict[date, float] = defaultdict(lambda: float(HEIGHT))
    bars = []
    for row in rows:
        height = float(row.amount / highest) * HEIGHT
        tops[row.day] -= height
        name = f"{row.channel} by {row.provider}"
        said = f"{row.day:%-d %B}: {row.amount:,.2f} {row.currency}, {row.messages} {name}"
        left = _x((row.day - since).days) + GAP / 2
        bars.append(Bar(left, tops[row.day], _step() - GAP, height, colours[name], said))
    return bars


def _step() -> float:
    return WIDTH / DAYS


def _x(number: int) -> float:
    return number * _step()
