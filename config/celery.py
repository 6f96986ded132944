"""The Celery application, its queues and what beat ticks."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init
from kombu.transport import TRANSPORT_ALIASES

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


@worker_process_init.connect(weak=False)
def measure(**_: Any) -> None:
    """Each child of a worker tells its figures, and its traces, itself."""
    from core import tallies, tracing

    tracing.start("worker")
    tallies.start()
