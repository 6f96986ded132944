"""The benchmarks' settings: the development ones with quiet logs, and statements are counted."""

from bench.measure import CountingCursor
from config.settings.base import *
from config.settings.base import DATABASES

DATABASES["default"]["OPTIONS"]["options"] += " -c statement_timeout=0"  # filling takes long
DATABASES["default"]["OPTIONS"]["cursor_factory"] = CountingCursor

RATE_CLIENT = RATE_ADDRESS = "1000000/s"  # counted as always, and never reached
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}
# Counted as always, and never too many: all of the load comes from one address.
WEBHOOK_RATE = WEBHOOK_RATE_PER_ADDRESS = 1_000_000_000
