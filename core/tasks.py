"""The base class of every Celery task, and how tasks are enqueued."""

import atexit
import logging
import os
import time
from collections import defaultdict
from contextvars import Context, copy_context
from functools import partial
from threading import Event, Lock, Thread
from typing import Any

from celery import current_app
from celery.contrib.django.task import DjangoTask
from celery.signals import (
    before_task_publish,
    task_postrun,
    task_prerun,
    worker_process_shutdown,
)
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from core.observability import logs

logger = logging.getLogger(__name__)
access = logging.getLogger("core.access")

BROKER_REST = 5.0


class Task(DjangoTask):  # type: ignore[type-arg]  # generic in the stubs only
    """A task whose message is only a hint: the row in the database is the truth."""

    abstract = True


class Enqueue:
    """A task by its name: who enqueues it does not import what it does.

    A broker that is down never turns a committed order into an error. The sweeper finds the row.
    The hints of a task with `keys_per_message` are joined: so many keys of rows go in one message.
    """

    _resting_until = 0.0

    def __init__(self, name: str, *, keys_per_message: int = 0) -> None:
        self.name = name
        self.keys_per_message = keys_per_message

    def delay_on_commit(self, *args: Any) -> None:
        """Enqueue it soon after the commit; keys and names only, never personal data."""
        transaction.on_commit(partial(self.delay, *args), robust=True)

    def delay(self, *args: Any) -> None:
        """Enqueue it soon, once for all who ask for the same meanwhile. Waits for no broker."""
        if settings.ENQUEUE_EVERY:
            _hints.add(self, args)
        else:
            self.enqueue(*args)

    def enqueue(self, *args: Any) -> bool:
        """Queue now; False when the broker cannot be reached.

        After a failure the broker is left alone for a few seconds, so that a dead broker costs
        one time-out and not one per request.
        """
        if time.monotonic() < Enqueue._resting_until:
            return False
        try:
            current_app.send_task(self.name, args, ignore_result=True)
        except (OperationalError, OSError) as error:
            Enqueue._resting_until = time.monotonic() + BROKER_REST
            kind = type(error).__name__
            logger.warning("broker unreachable, the sweeper will do the work: %s", kind)
            return False
        return True


class _Hints:
    """What this process is to enqueue: collected, and sent by a thread, each once in a while.

    A process that is killed loses what it has not sent, and the sweeper finds the rows.
    """

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget everything: a forked process has neither the thread nor the parent's hints."""
        self._lock, self._sending, self._any = Lock(), Lock(), Event()
        self._wanted: dict[_Hint, Context] = {}
        self._thread: Thread | None = None

    def add(self, task: Enqueue, args: tuple[Any, ...]) -> None:
        """Have it sent; under the request's id and trace of whoever asks first."""
        with self._lock:
            if (task, args) not in self._wanted:
                self._wanted[task, args] = copy_context()
            if self._thread is None:
                self._thread = Thread(target=self._keep_sending, name="hints", daemon=True)
                self._thread.start()
        self._any.set()

    def send(self) -> None:
        """Send what is wanted now, and come back when it is sent. Raises nothing."""
        with self._sending:
            self._any.clear()
            with self._lock:
                wanted, self._wanted = self._wanted, {}
            for (task, args), context in _joined(wanted).items():
                try:
                    context.run(task.enqueue, *args)
                except Exception as error:  # noqa: BLE001 - the others are sent all the same
                    logger.error("%s while enqueuing %s", type(error).__name__, task.name)

    def _keep_sending(self) -> None:
        while self._any.wait():
            self.send()
            time.sleep(settings.ENQUEUE_EVERY)


def _joined(wanted: "dict[_Hint, Context]") -> "dict[_Hint, Context]":
    """The messages for these hints: those of a task that takes many keys are put together."""
    messages: dict[_Hint, Context] = {}
    keys: defaultdict[Enqueue, dict[Any, Context]] = defaultdict(dict)
    for (task, args), context in wanted.items():
        if task.keys_per_message:
            keys[task] |= {key: keys[task].get(key, context) for key in args}
        else:
            messages[task, args] = context
    for task, contexts in keys.items():
        rows, most = list(contexts), task.keys_per_message
        for start in range(0, len(rows), most):
            messages[task, tuple(rows[start : start + most])] = contexts[rows[start]]
    return messages


_Hint = tuple[Enqueue, tuple[Any, ...]]
_hints = _Hints()
os.register_at_fork(after_in_child=_hints.start_anew)
atexit.register(_hints.send)


@worker_process_shutdown.connect(weak=False, dispatch_uid="core.tasks.send_hints")
def send_hints(**_: Any) -> None:
    """Send what a worker's child wants to be enqueued: it ends without `atexit`."""
    _hints.send()


@before_task_publish.connect(weak=False, dispatch_uid="core.tasks.inject_request_id")
def inject_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Send the id of the request along with the message."""
    if headers is not None:
        headers["dosette_request_id"] = logs.request_id()


@task_prerun.connect(weak=False, dispatch_uid="core.tasks.bind_task_context")
def bind_task_context(task_id: str = "", task: Any = None, **_: Any) -> None:
    """Log what this task does under its own id and the request's."""
    if not task.request.is_eager:
        task.request.begun = time.perf_counter()
        sent = getattr(task.request, "dosette_request_id", "") or ""
        logs.begin(sent, task=task.name, task_id=task_id)


@task_postrun.connect(weak=False, dispatch_uid="core.tasks.log_task_end")
def log_task_end(task: Any = None, state: str = "", **_: Any) -> None:
    """A line for the task, as the web has one for each request."""
    begun = getattr(task.request, "begun", None)
    if begun is not None:
        facts = {"state": state, "ms": round((time.perf_counter() - begun) * 1000, 1)}
        access.info("task", extra={"facts": facts})
        logs.end()
