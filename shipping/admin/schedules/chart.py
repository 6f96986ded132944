"""Stacked bars by day, as the numbers an SVG needs: drawn on the server, without scripts."""

from dataclasses import dataclass
from datetime import date
from math import ceil

from shipping.schedules.forecast import Forecast

WIDTH, HEIGHT = 1200, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 10, 10, 30
GAP = 2.0
# Told apart in grey and by most colour-blind people too; more providers begin again.
COLOURS = ("#7c3aed", "#f59e0b", "#0e7490", "#84cc16", "#be123c", "#a3a3a3")


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a day's bar; `title` is what the pointer shows."""

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
    counts: list[Mark]
    dates: list[Mark]
    legend: list[tuple[str, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def chart(found: Forecast) -> Chart:
    """The picture of a forecast."""
    days, colours = found.dates(), _colours(found.providers)
    step = (WIDTH - LEFT - RIGHT) / len(days)
    marks = _round_steps(max((found.shipping_on(day) for day in days), default=0))
    scale = (HEIGHT - TOP - BOTTOM) / marks[-1]
    bars = [
        bar
        for number, day in enumerate(days)
        for bar in _stack(found, day, LEFT + number * step, step, scale, colours)
    ]
    counts = [Mark(HEIGHT - BOTTOM - count * scale, f"{count:,}") for count in marks]
    dates = [
        Mark(LEFT + (number + 0.5) * step, f"{day:%-d %b}")
        for number, day in enumerate(days)
        if number % max(1, ceil(len(days) / 13)) == 0
    ]
    return Chart(bars, counts, dates, list(colours.items()))


def _colours(names: list[str]) -> dict[str, str]:
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}


def _stack(
    found: Forecast, day: date, x: float, step: float, scale: float, colours: dict[str, str]
) -> list[Bar]:
    bars, top = [], float(HEIGHT - BOTTOM)
    for part in found.on(day):
        height = part.shipments * scale
        top -= height
        title = f"{day:%a %-d %b %Y}, {part.provider}: {part.shipments:,}"
        if part.shipments:
            bars.append(Bar(x, top, step - GAP, height, colours[part.provider], title))
    return bars


def _round_steps(most: int) -> list[int]:
    """Three to six whole numbers from 0 to `most` or more, in steps of 1, 2 or 5 times ten."""
    size = 1
    while most / size > 5:
        size = size * 5 // 2 if str(size)[0] == "2" else size * 2
    return [size * number for number in range(max(2, ceil(most / size) + 1))]
