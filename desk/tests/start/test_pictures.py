"""Days as bars, in figures and in words."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.database import clock
from desk.models import DayFigures
from desk.start import pictures
from desk.start.pictures import Figure
from desk.start.rollup import Days

TODAY = date(2026, 11, 29)
DAYS = [TODAY - timedelta(days=back) for back in (2, 1, 0)]


def figure(*amounts: int | None) -> Figure:
    counted = dict(zip(DAYS, amounts, strict=True))
    known = {day: None if n is None else Decimal(n) for day, n in counted.items()}
    return Figure("Orders", known.__getitem__, "{:,}".format, lambda day: f"?{day}")


def test_the_tallest_bar_fills_the_picture_and_the_others_are_in_proportion():
    picture = pictures.picture(figure(50, 0, 200), DAYS)
    assert [bar.height for bar in picture.bars] == [15, 0, 60]
    assert [bar.y for bar in picture.bars] == [45, 60, 0]
    assert [bar.x for bar in picture.bars] == [0, 100, 200]
    assert all(bar.x + bar.width <= picture.width for bar in picture.bars)


def test_it_is_told_in_words_with_separators():
    picture = pictures.picture(figure(1500, 0, 200), DAYS)
    assert picture.text == "1,700 in 3 days, most on Fri 27 Nov 2026: 1,500."
    assert picture.bars[1].title == "Sat 28 Nov 2026: 0"


def test_the_first_of_several_best_days_is_named():
    assert "Sat 28 Nov" in pictures.picture(figure(1, 7, 7), DAYS).text


@pytest.mark.parametrize("amounts", [(0, 0, 0), (None, None, None)], ids=["nothing", "uncounted"])
def test_days_without_anything_have_no_bars(amounts):
    picture = pictures.picture(figure(*amounts), DAYS)
    assert {bar.height for bar in picture.bars} == {0}
    assert picture.text == "0 in 3 days."


def test_a_day_that_was_not_counted_says_so_and_leads_nowhere():
    [(title, cells)] = pictures.rows([figure(None, 0, 1200)], DAYS)
    assert title == "Orders"
    assert [(cell.text, cell.link) for cell in cells] == [
        ("not counted yet", ""),
        ("0", "?2026-11-28"),
        ("1,200", "?2026-11-29"),
    ]


def test_days_are_compared_with_the_same_weekday_before():
    assert [f"{day:%a %d}" for day in pictures.compared(TODAY)] == [
        "Sun 29",
        "Sun 22",
        "Sat 28",
        "Sat 21",
    ]


@pytest.mark.django_db
def test_the_currency_of_most_days_comes_first():
    for back, money in enumerate(({"KES": "5.00"}, {"GBP": "1.00", "KES": "9.00"}, {})):
        day = TODAY - timedelta(days=back)
        figures = {"orders": {"": 1}, "money": money}
        DayFigures.objects.create(day=day, counted_at=clock.now(), figures=figures)
    days = Days(TODAY)
    assert days.currencies(days.days) == ["KES", "GBP"]
    assert days.total(TODAY, "orders") == 1
    assert days.total(TODAY - timedelta(days=3), "orders") is None
