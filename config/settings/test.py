"""Settings of the test suite: the same code, quick password hashes and a broker in memory."""

import os

from .base import *
from .base import (
    CACHES,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    INSTALLED_APPS,
    STORAGES,
)
from .values import REDIS_URL

INSTALLED_APPS = [*INSTALLED_APPS, "tests"]  # its commands
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = False
CLOCK = "process"
ENQUEUE_EVERY = 0  # a test sees at once what was enqueued
# Each test's own: nothing of it outlives the suite.
STORAGES = STORAGES | {
    "attachments": {"BACKEND": "django.core.files.storage.memory.InMemoryStorage"}
}
# The suite is one address and one client; throttling has its own tests.
RATE_CLIENT = RATE_ADDRESS = RATE_SIGN_IN = ""
# A live server's threads keep no connection that would stand in the way of dropping the database.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Tests with real transactions empty all tables: see identity/migrations/0005. Others are one
# transaction, and idle while they wait for something. No commit waits for the disk.
_options = DATABASES["default"]["OPTIONS"]
_options["options"] = " ".join(
    (
        _options.get("options", ""),
        "-c dosette.tests=on",
        "-c idle_in_transaction_session_timeout=0",
        "-c synchronous_commit=off",
    )
)
if REDIS_URL:
    # The suite's workers share one Redis, and must not hear each other.
    _worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    CACHES["default"]["KEY_PREFIX"] = _worker
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{_worker}:"
else:
    CELERY_BROKER_URL = "memory://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {}
