"""The benchmarks' settings: the development ones, with two addresses more and quiet logs."""

from config.settings.base import *
from config.settings.base import DATABASES

DATABASES["default"]["OPTIONS"]["options"] += " -c statement_timeout=0"  # filling takes long

RATE_CLIENT = "1000000/s"  # counted as always, and never reached
ROOT_URLCONF = "bench.urls"
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}
# Counted as always, and never too many: all of the load comes from one address.
WEBHOOK_RATE = WEBHOOK_RATE_PER_ADDRESS = 1_000_000_000
