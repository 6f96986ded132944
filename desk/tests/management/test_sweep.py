"""`manage.py sweep`: every app's sweeper, one after the other."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from time_machine import travel

from core.observability import metrics
from notifications.models import Notification
from orders.tests.factories import placed_order
from shipping.tasks import run_schedule


def sweep_once() -> str:
    output = StringIO()
    call_command("sweep", "--once", stdout=output)
    return output.getvalue()


def figures() -> str:
    metrics.flush()
    return Client().get("/metrics").content.decode()


@pytest.mark.django_db
def test_one_pass_over_an_empty_house_repairs_nothing() -> None:
    assert sweep_once() == "Nothing to repair.\n"


@pytest.mark.django_db
def test_one_pass_says_what_it_repaired() -> None:
    with travel(timezone.now() - timedelta(minutes=5), tick=False):
        placed_order()
    lost = Notification.objects.all().delete()[0]
    assert f"notifications: written late: {lost}\n" in sweep_once()
    assert Notification.objects.count() == lost == 1


def test_whose_clock_is_off_does_not_sweep_and_says_so(
    wrong_clock: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with wrong_clock(), pytest.raises(CommandError, match=r"clock is [23] days"):
        sweep_once()
    assert re.search("sweep is refused: This process's clock is [23] days", caplog.text)
    assert 'dosette_clock_refusals_total{work="sweep"} ' in figures()


def test_whose_clock_is_off_runs_no_schedule(wrong_clock: Callable[[], Any]) -> None:
    with wrong_clock(), pytest.raises(CommandError, match=r"clock is [23] days"):
        call_command("run_schedule")
    with wrong_clock():
        run_schedule()
    assert 'dosette_clock_refusals_total{work="run_schedule"} ' in figures()
    assert "\ndosette_schedule_last_run_seconds " not in figures()
