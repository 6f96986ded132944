"""Work in the background, and what is logged."""

from typing import Any

from config.settings import connections
from config.settings.values import REDIS_URL, VAR_DIR, env

BROKER_DIR = VAR_DIR / "broker"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # A stalled Redis must not hang a request: docs/decisions/0004-broker.md.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = connections.REDIS | {
        "visibility_timeout": 600,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }
else:
    CELERY_BROKER_URL = "files://localhost//"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(BROKER_DIR), "polling_interval": 0.1}
    BROKER_DIR.mkdir(parents=True, exist_ok=True)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # nor is there a tick to clean them up, by the clock of beat alone
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"

# Seconds: hints for the same queue within them are one message of this process (core/tasks.py).
# 0: each goes at once, and whoever wants it waits for the broker; for tests.
ENQUEUE_EVERY = 0.05

# `json` for machines, in production; `plain` for people, without a line for each request and task.
LOG_FORMAT = env.str("LOG_FORMAT", "plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "core.observability.logs.JsonFormatter"},
        "plain": {
            "()": "core.observability.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "core.access": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        # It would log the address of each refused request, and the secret in a call-back's one.
        "django.request": {"level": "ERROR"},
        # Whoever asks by another name gets a 400; a trace-back each would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "axes": {"level": "WARNING"},
        "gunicorn.error": {
            "handlers": ["console"],
            "level": env.str("WEB_LOG_LEVEL", "warning").upper(),
            "propagate": False,
        },
        "celery": {"level": "WARNING"},  # core.access has a line for each task
    },
}
