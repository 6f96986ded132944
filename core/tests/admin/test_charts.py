"""Stacked bars: axes that can be read, bars that stack and are thick enough."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.admin.charts import HEIGHT, TOP, Part, _round_steps, plain_bars, stacked_bars

MONDAY = date(2026, 2, 2)


def two_names(days: int) -> dict[date, list[Part]]:
    parts = [Part("console", 300, "three hundred"), Part("reference", 700, "seven hundred")]
    return {MONDAY + timedelta(days=n): parts if n % 7 == 0 else [] for n in range(days)}


@pytest.mark.parametrize(
    ("most", "decimals", "marks"),
    [
        (0, 0, [0, 1]),
        (1, 0, [0, 1]),
        (5, 0, [0, 1, 2, 3, 4, 5]),
        (7, 0, [0, 2, 4, 6, 8]),
        (99, 0, [0, 20, 40, 60, 80, 100]),
        (33_000, 0, [0, 10_000, 20_000, 30_000, 40_000]),
        (Decimal("0.07"), 2, [Decimal(n) for n in ("0", "0.02", "0.04", "0.06", "0.08")]),
        (Decimal("4.80"), 2, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_the_axis_has_a_few_round_numbers(most, decimals, marks):
    assert _round_steps(most, decimals) == marks


def test_bars_stack_by_name_and_are_thick_enough():
    chart = stacked_bars(two_names(90))
    lower, upper = chart.bars[:2]
    assert lower.x == upper.x
    assert lower.y == pytest.approx(upper.y + upper.height)
    assert lower.y + lower.height == pytest.approx(chart.base)
    assert upper.y == pytest.approx(TOP), "the highest reaches the highest mark"
    assert upper.height / lower.height == pytest.approx(7 / 3)
    assert min(bar.width for bar in chart.bars) > 10
    assert upper.title == "seven hundred"
    assert len(chart.dates) == 13
    assert [name for name, _ in chart.legend] == ["console", "reference"]
    assert len(chart.bars) == 2 * 13
    assert all(0 <= bar.y < HEIGHT for bar in chart.bars)


def test_amounts_of_money_are_labelled_as_such_and_nothing_is_drawn_for_none():
    chart = stacked_bars(
        {MONDAY: [Part("a", Decimal("4.80"), ""), Part("b", Decimal(0), "")]}, decimals=2
    )
    assert [mark.text for mark in chart.amounts] == [f"{n}.00" for n in range(6)]
    assert len(chart.bars) == 1


def test_no_days_make_an_empty_picture():
    assert stacked_bars({}).bars == []


def test_of_plain_bars_the_highest_fills_the_picture_and_each_has_its_title():
    days = [("Mon: 1", Decimal(1)), ("Tue: 4", Decimal(4)), ("Wed: 0", Decimal(0))]
    bars = plain_bars(days, "#0072b2", width=300, height=60)
    assert [(bar.x, bar.y, bar.height, bar.title) for bar in bars] == [
        (0, 45, 15, "Mon: 1"),
        (100, 0, 60, "Tue: 4"),
        (200, 60, 0, "Wed: 0"),
    ]
    assert {bar.colour for bar in bars} == {"#0072b2"}
    assert [bar.height for bar in plain_bars([("Mon: 0", Decimal(0))], "", width=9, height=9)] == [
        0
    ]
    assert plain_bars([], "", width=9, height=9) == []
