"""The base class of every Celery task."""

import logging
import time
from typing import Any

from celery.contrib.django.task import DjangoTask
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

BROKER_REST = 5.0


class Task(DjangoTask):  # type: ignore[type-arg]  # generic in the stubs only
    """A task whose message is only a hint: the row in the database is the truth.

    A broker that is down never turns a committed order into an error. The sweeper finds the row.
    """

    abstract = True
    _resting_until = 0.0

    def delay_on_commit(  # type: ignore[override]  # the stubs promise a result
        self, *args: Any, **kwargs: Any
    ) -> None:
        """Nudge a worker after the commit; keys only, never personal data."""
        transaction.on_commit(lambda: self.nudge(*args, **kwargs), robust=True)

    def nudge(self, *args: Any, **kwargs: Any) -> bool:
        """Queue now; False when the broker cannot be reached.

        After a failure the broker is left alone for a few seconds, so that a dead broker costs
        one time-out and not one per request.
        """
        if time.monotonic() < Task._resting_until:
            return False
        try:
            self.apply_async(args, kwargs)
        except (OperationalError, OSError) as error:
            Task._resting_until = time.monotonic() + BROKER_REST
            kind = type(error).__name__
            logger.warning("broker unreachable, the sweeper will do the work: %s", kind)
            return False
        return True
