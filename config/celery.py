"""The Celery application, its queues and what beat ticks."""

import os

from celery import Celery
from celery.schedules import crontab
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
