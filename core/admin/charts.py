"""Bars by day, as the numbers an SVG needs: drawn on the server, without scripts.

`plain_bars` have no axes. Stacked ones are shown by `admin/core/bar_chart.html` with `chart` and
`label`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from math import ceil

WIDTH, HEIGHT = 1200, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 10, 10, 30
GAP = 2.0
# Distinct in light and dark, and for most who see colours otherwise (Okabe and Ito); more names
# than colours begin again.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")


@dataclass(frozen=True, slots=True)
class Part:
    """What one name (a provider, a service) has on a day; `title` is what the pointer shows."""

    name: str
    amount: Decimal | int
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a day's bar, in the picture's units."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of an axis, where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn."""

    bars: list[Bar]
    amounts: list[Mark]
    dates: list[Mark]
    legend: list[tuple[str, str]]  # name and colour
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def stacked_bars(days: Mapping[date, Sequence[Part]], *, decimals: int = 0) -> Chart:
    """A bar for each of these days, in their order; amounts are labelled to so many decimals."""
    names = sorted({part.name for parts in days.values() for part in parts})
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    step = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    marks = _round_steps(max((_total(parts) for parts in days.values()), default=0), decimals)
    scale = (HEIGHT - TOP - BOTTOM) / float(marks[-1])
    bars = [
        bar
        for number, parts in enumerate(days.values())
        for bar in _stack(parts, LEFT + number * step, step - GAP, scale, colours)
    ]
    amounts = [Mark(HEIGHT - BOTTOM - float(n) * scale, f"{n:,.{decimals}f}") for n in marks]
    dates = [
        Mark(LEFT + (number + 0.5) * step, f"{day:%-d %b}")
        for number, day in enumerate(days)
        if number % max(1, ceil(len(days) / 13)) == 0
    ]
    return Chart(bars, amounts, dates, list(colours.items()))


def plain_bars(
    days: Sequence[tuple[str, Decimal]], colour: str, *, width: int, height: int, gap: float = GAP
) -> list[Bar]:
    """A bar for each title and amount, side by side; the highest fills the picture."""
    step = width / max(1, len(days))
    most = max((amount for _, amount in days), default=Decimal(0))
    tall = [float(amount / most) * height if most else 0.0 for _, amount in days]
    return [
        Bar(number * step, height - each, step - gap, each, colour, title)
        for number, ((title, _), each) in enumerate(zip(days, tall, strict=True))
    ]


def _total(parts: Sequence[Part]) -> Decimal | int:
    return sum(part.amount for part in parts)


def _stack(
    parts: Sequence[Part], x: float, width: float, scale: float, colours: dict[str, str]
) -> list[Bar]:
    heights = [float(part.amount) * scale for part in parts]
    tops = [HEIGHT - BOTTOM - sum(heights[: n + 1]) for n in range(len(parts))]
    return [
        Bar(x, top, width, height, colours[part.name], part.title)
        for part, top, height in zip(parts, tops, heights, strict=True)
        if part.amount
    ]


def _round_steps(most: Decimal | int, decimals: int) -> list[Decimal]:
    """Two to six amounts from 0 to `most` or more, in steps of 1, 2 or 5 times a power of ten."""
    sizes = (Decimal(f"{digit}e{power}") for power in count(-decimals) for digit in (1, 2, 5))
    size = next(size for size in sizes if most <= 5 * size)
    return [size * number for number in range(max(2, ceil(most / size) + 1))]
