"""Settings of the test suite: the same code, quick password hashes and a broker in memory."""

from .base import *  # noqa: F403
from .base import DATABASES, REDIS_URL

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = False
# A live server's threads keep no connection that would stand in the way of dropping the database.
DATABASES["default"]["CONN_MAX_AGE"] = 0
if not REDIS_URL:
    CELERY_BROKER_URL = "memory://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {}
