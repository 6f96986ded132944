"""The Celery application, its queues and what beat ticks."""

import logging.config
import os
from datetime import datetime
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_process_init, worker_shutting_down
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from core import shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

TRANSPORT_ALIASES["files"] = "devserver.file_broker:Transport"


def present() -> datetime:
    """When beat takes it to be: else a clock that was ahead, once put right, would stop its ticks.

    By the database's clock; beat ends with the database's error when it is not there at the start.
    """
    from django.db import connection

    from core.database import clock

    connection.close_if_unusable_or_obsolete()
    return clock.now()


app = Celery("dosette", task_cls="core.tasks:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = {"*.dispatch": {"queue": "dispatch"}}
# Beat only ticks. What is due is decided by the rows, so a missed or doubled tick changes nothing.
app.conf.beat_schedule = {
    "run the shipping schedule": {
        "task": "shipping.tasks.run_schedule",
        "schedule": crontab(minute="*/5", nowfun=present),
    },
    "let go what was kept for its time": {
        "task": "desk.tasks.let_go",
        "schedule": crontab(minute="40", hour="2", nowfun=present),
    },
}


@setup_logging.connect(weak=False)
def log(**_: Any) -> None:
    """Workers and beat log as the web does; Celery leaves it to who listens here."""
    logging.config.dictConfig(settings.LOGGING)


@worker_shutting_down.connect(weak=False)
def request_shutdown(**_: Any) -> None:
    """Long tasks end soon, in the children too, and leave the rest to others."""
    shutdown.begin()


@worker_process_init.connect(weak=False)
def start_observability(**_: Any) -> None:
    """Each child of a worker tells its figures, and its traces, itself."""
    from core.observability import metrics, tracing

    tracing.start("worker")
    metrics.start()
