"""Who works on an import or export, and how far it is.

A worker claims the row and renews the claim each second from a thread with a connection of its own,
since what it does is one transaction that nobody else sees before its end. A claim that was not
renewed for half a minute is taken over by another worker: the first one's transaction is gone with
it, or finds at its end that the row is no longer its own. Whoever cancels makes the row no longer
its own, too: the thread then ends the statement that runs.
"""

import logging
from datetime import timedelta
from threading import Event, Thread
from typing import Any, TypeVar

from django.db import Error, connection, connections, transaction

from core import shutdown
from core.database import clock
from core.workflow import transition_locked
from transfers.models import Export, Import

logger = logging.getLogger(__name__)
AnyJob = TypeVar("AnyJob", Import, Export)

BEAT = 1.0  # seconds
LOST_AFTER = timedelta(seconds=30)
MOST_ATTEMPTS = 3
GIVEN_UP = "The worker was lost three times. Nothing was done: tell whoever looks after Dosette."


class StoppedError(Exception):
    """The job is no longer this worker's: it was cancelled, or is taken over, or we are to stop."""


def claim(model: type[AnyJob], pk: int, running: dict[str, str]) -> AnyJob | None:
    """The job, if it is to be done and nobody has it. `running`: from which state to which it goes.

    One that was tried three times fails instead.
    """
    with transaction.atomic():
        rows: Any = model._default_manager.select_for_update(skip_locked=True, no_key=True)
        job: AnyJob | None = rows.filter(pk=pk, state__in=running).first()
        now = clock.now()
        if job is None or (job.worked_at and job.worked_at > now - LOST_AFTER):
            return None
        if job.state != running[job.state]:
            transition_locked(job, running[job.state], by="system")
        if job.attempts >= MOST_ATTEMPTS:
            transition_locked(job, "failed", by="system", remark=GIVEN_UP, finished_at=now)
            return None
        job.attempts += 1
        job.fencing_token += 1
        job.worked_at = now
        job.save(update_fields=["attempts", "fencing_token", "worked_at"])
        return job


def lock(job: AnyJob) -> None:
    """Lock the job for its last step. Raises StoppedError when it is no longer this worker's."""
    rows: Any = type(job)._default_manager.select_for_update(no_key=True)
    mine = rows.filter(pk=job.pk, fencing_token=job.fencing_token, state=job.state)
    if mine.first() is None:
        raise StoppedError


def release(job: AnyJob) -> None:
    """Let another worker have it at once, as if we had not tried."""
    mine = type(job)._default_manager.filter(pk=job.pk, fencing_token=job.fencing_token)
    mine.update(worked_at=None, attempts=job.attempts - 1)


class Progress:
    """Renews the claim, shows how far the job is, and hears whether it was cancelled."""

    def __init__(self, job: Import | Export, size: int = 0) -> None:
        self._job, self._size = job, size
        self._facts = {"stage": "", "rows": 0, "percent": 0}
        self._over, self._lost = Event(), Event()
        self._working = connection.connection
        self._thread = Thread(target=self._beat, name="progress", daemon=True)

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def __call__(self, stage: str, rows: int, size: int = 0) -> None:
        """Note it. Raises StoppedError when the work is to end."""
        if self._lost.is_set() or shutdown.is_requested():
            raise StoppedError
        known = self._facts["percent"]
        percent = min(size * 100 // self._size, 100) if self._size and size else known
        self._facts = {"stage": stage, "rows": rows, "percent": percent}

    @property
    def is_lost(self) -> bool:
        """Whether the job is no longer this worker's."""
        return self._lost.is_set()

    def _beat(self) -> None:
        mine = type(self._job)._default_manager.filter(
            pk=self._job.pk, fencing_token=self._job.fencing_token, state=self._job.state
        )
        try:
            while not self._over.wait(BEAT):
                try:
                    renewed = mine.update(worked_at=clock.now(), **self._facts)
                except Error as error:  # the claim lasts for a while without
                    logger.warning("%s while renewing the claim of a job", type(error).__name__)
                    connection.close()
                    continue
                if not renewed:
                    self._lost.set()
                    self._working.cancel()  # thread-safe, says psycopg2
                    return
        finally:
            connections.close_all()
