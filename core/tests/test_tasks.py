"""Hints to workers: each once in a while, none lost at a proper end, none an error of a request."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from threading import current_thread
from typing import Any

import pytest
from celery import current_app
from celery.signals import worker_process_shutdown
from django.db import transaction
from kombu import Connection

from core import tasks
from core.observability import logs
from core.tasks import Enqueue
from sandbox.testing import wait_until

ROOT = Path(__file__).resolve().parents[2]
LOOK = Enqueue("core.tests.look")
APPLY = Enqueue("core.tests.apply", keys_per_message=100)


@pytest.fixture
def sent() -> Callable[[Enqueue], list[Any]]:
    """The arguments of this task's messages that are new at the broker."""
    list(_messages())
    return lambda task: [m.payload[0] for m in _messages() if m.headers["task"] == task.name]


def _messages() -> Iterator[Any]:
    with (
        current_app.connection_for_read() as connection,
        connection.SimpleQueue("default") as queue,
    ):
        while True:
            try:
                message = queue.get(block=False)
            except Empty:
                return
            message.ack()
            yield message


@pytest.fixture
def hints(settings: Any, monkeypatch: pytest.MonkeyPatch) -> tasks._Hints:
    """Hints are collected, as outside of tests; their thread is the test's, which says `send`."""
    settings.ENQUEUE_EVERY = 0.01
    hints = tasks._Hints()
    hints._thread = current_thread()
    monkeypatch.setattr(tasks, "_hints", hints)
    return hints


def test_many_hints_for_one_queue_are_one_message(hints, sent):
    for _ in range(50):
        LOOK.delay("sms", "one")
        LOOK.delay("sms", "another")
    assert sent(LOOK) == []
    hints.send()
    assert sorted(sent(LOOK)) == [["sms", "another"], ["sms", "one"]]
    hints.send()
    assert sent(LOOK) == []


def test_keys_of_many_hints_are_joined_each_once_a_hundred_to_a_message(hints, sent):
    for key in range(150):
        APPLY.delay(key, key + 1)
    hints.send()
    assert sent(APPLY) == [[*range(100)], [*range(100, 151)]]


def test_the_thread_sends_them_by_itself_again_and_again(hints, sent):
    hints.start_anew()
    for name in ("first", "second"):
        LOOK.delay(name)
        assert wait_until(lambda: sent(LOOK)) == [[name]]


def test_a_message_carries_the_id_of_the_first_request_that_wanted_it(hints):
    list(_messages())
    for number in (1, 2):
        logs.begin(f"a-request-with-id-{number}")
        LOOK.delay("sms")
        logs.end()
    hints.send()
    assert [m.headers["dosette_request_id"] for m in _messages()] == ["a-request-with-id-1"]


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_hinted_at(hints, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            LOOK.delay_on_commit("rolled back")
            transaction.set_rollback(True)
        LOOK.delay_on_commit("committed")
    assert list(hints._wanted) == [(LOOK, ("committed",))]


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_a_message_that_cannot_be_sent_stops_neither_the_caller_nor_the_others(
    hints, monkeypatch, caplog, error
):
    tried = []

    def send_task(name: str, args: tuple[Any, ...], **_: Any) -> None:
        tried.append(args)
        if args == ("bad",):
            raise error("amqp://user:secret@host")

    monkeypatch.setattr(Enqueue, "_resting_until", 0.0)
    monkeypatch.setattr(tasks, "BROKER_REST", 0.0)
    monkeypatch.setattr(current_app, "send_task", send_task)
    LOOK.delay("bad")
    LOOK.delay("good")
    hints.send()
    assert tried == [("bad",), ("good",)]
    assert error.__name__ in caplog.text
    assert "secret" not in caplog.text


PROCESS = """
import os, threading
import django
django.setup()
from core import tasks
from core.tasks import Enqueue
look = Enqueue("core.tests.look")
tasks._hints._thread = threading.current_thread()  # which sends nothing before its end
look.delay("parent")
if not os.fork():
    look.delay("child")
"""


def test_a_process_that_ends_sends_what_is_wanted_and_a_forked_one_its_own(tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "DOSETTE_VAR": str(tmp_path),
        "REDIS_URL": "",
    }
    subprocess.run([sys.executable, "-c", PROCESS], cwd=ROOT, env=environment, check=True)
    folder = {"folder": str(tmp_path / "broker")}
    with (
        Connection(transport="devserver.file_broker:Transport", transport_options=folder) as broker,
        broker.SimpleQueue("default") as queue,
    ):
        sent = [queue.get(timeout=30).payload[0] for _ in range(2)]
        with pytest.raises(Empty):
            queue.get(block=False)
    assert sorted(sent) == [["child"], ["parent"]]


def test_a_workers_child_sends_what_is_wanted_before_it_ends(hints, sent):
    LOOK.delay("sms")
    worker_process_shutdown.send(sender=None)
    assert sent(LOOK) == [["sms"]]
