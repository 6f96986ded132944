"""The base class of every Celery task, and how tasks are enqueued."""

import logging
import time
from typing import Any

from celery import current_app
from celery.contrib.django.task import DjangoTask
from celery.signals import before_task_publish, task_postrun, task_prerun
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
    """

    _resting_until = 0.0

    def __init__(self, name: str) -> None:
        self.name = name

    def delay_on_commit(self, *args: Any) -> None:
        """Enqueue it after the commit; keys only, never personal data."""
        transaction.on_commit(lambda: self.enqueue(*args), robust=True)

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
