"""The forecast as a picture: axes that can be read, bars that stack, a table with the same."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from identity.tests.factories import staff
from shipping.admin.schedules.chart import HEIGHT, TOP, _round_steps, chart
from shipping.provider_api.working_days import Calendar
from shipping.schedules.forecast import Forecast, Group
from shipping.tests.factories import weekly_schedule

PAGE = "/admin/shipping/schedule/forecast/"
MONDAY = date(2026, 2, 2)


def two_providers() -> Forecast:
    found = Forecast(MONDAY, 90)
    for name, count in (("console", 300), ("reference", 700)):
        found.add(Group(name, "UTC", "weekly", 1, MONDAY, "latest", count), Calendar())
    return found


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (5, [0, 1, 2, 3, 4, 5]),
        (7, [0, 2, 4, 6, 8]),
        (99, [0, 20, 40, 60, 80, 100]),
        (33_000, [0, 10_000, 20_000, 30_000, 40_000]),
    ],
)
def test_the_axis_has_a_few_round_numbers(most, marks):
    assert _round_steps(most) == marks


@time_machine.travel("2026-02-02 00:00Z")
def test_bars_stack_by_provider_and_are_thick_enough():
    drawn = chart(two_providers())
    lower, upper = drawn.bars[:2]
    assert lower.x == upper.x
    assert lower.y == pytest.approx(upper.y + upper.height)
    assert lower.y + lower.height == pytest.approx(drawn.base)
    assert upper.y == pytest.approx(TOP), "the highest reaches the highest mark"
    assert upper.height / lower.height == pytest.approx(7 / 3)
    assert min(bar.width for bar in drawn.bars) > 10
    assert upper.title == "Mon 2 Feb 2026, reference: 700"
    assert len(drawn.dates) == 13
    assert [name for name, _ in drawn.legend] == ["console", "reference"]
    assert all(0 <= bar.y < HEIGHT for bar in drawn.bars)


@pytest.mark.django_db
def test_the_page_has_the_picture_and_its_figures():
    weekly_schedule()
    client = Client()
    client.force_login(staff("support"))
    shown = client.get(PAGE, follow=True).content.decode()
    assert "<svg viewBox" in shown
    assert "by reference" in shown
    assert "Forecast of 90 days" in client.get("/admin/shipping/schedule/").content.decode()


@pytest.mark.django_db
def test_without_any_schedule_it_says_so_and_outsiders_see_nothing():
    client = Client()
    client.force_login(staff("auditor"))
    assert "No schedule ships anything." in client.get(PAGE, follow=True).content.decode()
    client.force_login(staff("clinician", username="clara"))
    assert client.get(PAGE, follow=True).status_code == 403
