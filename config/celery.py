"""The Celery application, its queues and what beat ticks."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_process_init, worker_shutting_down
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from core import shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

TRANSPORT_ALIASES["files"] = "core.filebroker:Transport"
app = Celery("dosette", task_cls="core.tasks:Task")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.task_routes = {"*.dispatch": {"queue": "dispatch"}}
# Beat only ticks. What is due is decided by the rows, so a missed or doubled tick changes nothing.
app.conf.beat_schedule = {
    "run the shipping schedule": {
        "task": "shipping.tasks.run_schedule",
        "schedule": crontab(minute="*/5"),
    },
}


@setup_logging.connect(weak=False)
def log(**_: Any) -> None:
    """Workers and beat log as the web does; Celery leaves it to who listens here."""
    logging.config.dictConfig(settings.LOGGING)


@worker_shutting_down.connect(weak=False)
def hand_back(**_: Any) -> None:
    """Long tasks end soon, in the children too, and leave the rest to others."""
    shutdown.begin()


@worker_process_init.connect(weak=False)
def measure(**_: Any) -> None:
    """Each child of a worker tells its figures, and its traces, itself."""
    from core import tallies, tracing

    tracing.start("worker")
    tallies.start()
