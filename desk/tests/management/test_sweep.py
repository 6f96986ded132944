"""`manage.py sweep`: every app's sweeper, one after the other."""

import logging
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone
from time_machine import travel

from core import sweeper as core_sweeper
from core.failures import StepsFailedError
from core.observability import metrics
from desk.management.commands import sweep
from notifications.models import Notification
from orders.tests.factories import placed_order
from shipping import sweeper as shipping_sweeper
from shipping.tasks import run_schedule

APPS = {"core", "identity", "transfers", "shipping", "notifications"}


def sweep_once() -> str:
    output = StringIO()
    call_command("sweep", "--once", stdout=output)
    return output.getvalue()


def figures() -> str:
    metrics.flush()
    return Client().get("/metrics").content.decode()


def last_run() -> list[str]:
    """When this process last ran the schedule, as the metrics say; nothing before it did."""
    return re.findall(r"^dosette_schedule_last_run_seconds .*", figures(), re.MULTILINE)


class Passes:
    """Stands at the sweepers' place: what each pass comes to, and an end after the last."""

    def __init__(self, stop: threading.Event, *results: Any) -> None:
        self._stop, self._results, self.waits = stop, list(results), list[float]()

    def sweep(self) -> dict[str, int]:
        """The next result, or it raises it."""
        result = self._results.pop(0)
        if isinstance(result, Exception):
            raise result
        return dict(result)

    def wait(self, seconds: float) -> bool:
        """As `threading.Event.wait`, in no time."""
        self.waits.append(seconds)
        if not self._results:
            self._stop.set()
        return self._stop.is_set()


@pytest.fixture
def run_through(monkeypatch: pytest.MonkeyPatch, db: None) -> Callable[..., Passes]:
    """`run_through(*results, heartbeat=...)`: as many passes of the loop, and how it waited."""
    monkeypatch.setattr(metrics, "start", lambda: None)

    def go(*results: Any, heartbeat: Path | None = None) -> Passes:
        stop = threading.Event()
        passes = Passes(stop, *results)
        monkeypatch.setattr(sweep, "sweepers", lambda: iter([("core", passes.sweep)]))
        monkeypatch.setattr(stop, "wait", passes.wait)
        sweep.run(stop, heartbeat)
        return passes

    return go


def fails(error: Exception) -> Callable[[], dict[str, int]]:
    def raises() -> dict[str, int]:
        raise error

    return raises


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


def test_every_app_with_a_sweeper_is_swept() -> None:
    assert {name for name, _ in sweep.sweepers()} >= APPS


@pytest.mark.django_db
@pytest.mark.parametrize("error", [ValueError("Jane Doe"), OperationalError("away")])
def test_an_app_whose_sweeper_fails_does_not_keep_the_others_from_their_work(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with travel(timezone.now() - timedelta(minutes=5), tick=False):
        placed_order()
    Notification.objects.all().delete()
    monkeypatch.setattr(core_sweeper, "sweep", fails(error))
    monkeypatch.setattr(connections, "close_all", lambda: None)
    repaired, failed = sweep.sweep_all()
    assert failed == ["core"]
    assert repaired["notifications: written late"] == 1


@pytest.mark.django_db
def test_what_the_steps_before_and_after_a_failed_one_did_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = StepsFailedError(["shipping: one"], {"another": 3, "idle": 0})
    monkeypatch.setattr(shipping_sweeper, "sweep", fails(error))
    repaired, failed = sweep.sweep_all()
    assert (failed, repaired) == (["shipping"], {"shipping: another": 3})


@pytest.mark.django_db
def test_one_pass_that_failed_says_where_and_ends_in_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(core_sweeper, "sweep", fails(ValueError("a bug")))
    with pytest.raises(CommandError, match=r"failed in: core\. See the log"):
        sweep_once()
    [record] = [each for each in caplog.records if each.name == sweep.__name__]
    assert record.exc_info
    assert record.getMessage() == "core: the sweeper failed"


@pytest.mark.django_db
def test_a_database_that_is_away_is_no_bug_and_its_address_is_in_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = OperationalError("connection to 10.1.2.3 as dosette refused")
    monkeypatch.setattr(core_sweeper, "sweep", fails(away))
    monkeypatch.setattr(connections, "close_all", lambda: None)
    sweep.sweep_all()
    [record] = [each for each in caplog.records if each.name == sweep.__name__]
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert "10.1.2.3" not in caplog.text


@pytest.mark.django_db
def test_who_is_asked_to_stop_begins_no_other_sweeper(
    ask_to_stop: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[str] = []

    def sweeper(name: str) -> Callable[[], dict[str, int]]:
        def run() -> dict[str, int]:
            swept.append(name)
            ask_to_stop()
            return {}

        return run

    named = [(name, sweeper(name)) for name in ("first", "second")]
    monkeypatch.setattr(sweep, "sweepers", lambda: iter(named))
    assert sweep.sweep_all() == ({}, [])
    assert swept == ["first"]


def test_the_loop_pauses_alike_while_all_goes_well(run_through: Any) -> None:
    assert run_through({}, {"done": 2}, {}).waits == [sweep.PAUSE] * 3


def test_the_pauses_grow_while_it_fails_and_are_short_again_after(run_through: Any) -> None:
    bug = ValueError("a bug")
    assert run_through(bug, bug, bug, {}, bug).waits == [6.0, 10.0, 10.0, 3.0, 6.0]


def test_the_heartbeat_is_of_passes_that_went_well(run_through: Any, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    run_through(ValueError("a bug"), heartbeat=heartbeat)
    assert not heartbeat.exists()
    run_through({}, heartbeat=heartbeat)
    assert heartbeat.exists()


def test_the_loop_tells_in_the_log_what_it_repaired(
    run_through: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, sweep.__name__)
    run_through({"things": 2, "others": 0})
    assert "repaired core: things: 2" in caplog.text
    assert "others" not in caplog.text


def test_repairs_and_passes_are_figures(run_through: Any) -> None:
    run_through({"figs": 2, "none": 0})
    text = figures()
    assert 'dosette_sweeper_repairs_total{what="core: figs"} 2.0' in text
    assert re.search(r"^dosette_sweeper_last_pass_seconds [1-9]", text, re.MULTILINE)


def test_whose_clock_is_off_waits_and_sweeps_nothing(
    wrong_clock: Callable[[], Any], run_through: Any, tmp_path: Path
) -> None:
    heartbeat = tmp_path / "heartbeat"
    stop = threading.Event()
    passes = Passes(stop)
    with wrong_clock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(core_sweeper, "sweep", passes.sweep)
        patch.setattr(stop, "wait", passes.wait)
        sweep.run(stop, heartbeat)
    assert (passes.waits, heartbeat.exists()) == ([6.0], False)


def test_whose_clock_is_off_does_not_sweep_and_says_so(
    wrong_clock: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    with wrong_clock(), pytest.raises(CommandError, match=r"clock is [23] days"):
        sweep_once()
    assert re.search("sweep is refused: This process's clock is [23] days", caplog.text)
    assert 'dosette_clock_refusals_total{work="sweep"} ' in figures()


def test_whose_clock_is_off_runs_no_schedule(wrong_clock: Callable[[], Any]) -> None:
    before = last_run()
    with wrong_clock(), pytest.raises(CommandError, match=r"clock is [23] days"):
        call_command("run_schedule")
    with wrong_clock():
        run_schedule()
    assert 'dosette_clock_refusals_total{work="run_schedule"} ' in figures()
    assert last_run() == before
