"""The benchmarks' settings: the development ones, with two addresses more and quiet logs."""

from config.settings.base import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}
