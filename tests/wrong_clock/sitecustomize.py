"""A process that has this folder in its PYTHONPATH has a clock that is CLOCK_OFF_DAYS ahead."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

OFF = timedelta(days=float(os.environ["CLOCK_OFF_DAYS"]))
time_machine.travel(datetime.now(UTC) + OFF).start()
