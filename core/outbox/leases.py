"""A queue is worked by one process at a time: by whoever holds a lease, which runs out.

It is a row with a fencing token. A heartbeat renews it while the work goes on, together with the
leases of the rows under way. A process that is frozen, or whose machine vanishes, renews nothing:
half a minute later others have its queue and its rows. When it comes back it sees by the machine's
own clock, before it begins any request and again once that is connected, that its lease is stale;
and the fencing tokens keep its answers out. Nothing here needs a session: a pooler may give each
statement to another connection.
"""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from django.db import Error, connection, connections

from core import shutdown
from core.database import clock
from core.database.clock import uptime
from core.http.messages import DEADLINE
from core.outbox.queue import SENDING, DeliveryQueue

logger = logging.getLogger(__name__)

# Of a queue and of its rows under way; renewed each BEAT while the work goes on.
LEASE = timedelta(seconds=30)
BEAT = 5.0  # seconds
# From here on nothing is begun: what was begun before has ended when the lease has.
STALE_AFTER = LEASE.total_seconds() - DEADLINE - BEAT
# Nothing takes so long but a process that hangs while its threads live on.
HANGS_AFTER = 60.0


class Hold:
    """A queue in the hands of this process, and the rows that it has claimed there."""

    def __init__(
        self, queue: DeliveryQueue, fencing_token: int = 0, proven: float | None = None
    ) -> None:
        """`fencing_token`: the lease's; 0 for rows that were claimed without the queue."""
        self._queue, self._fencing_token = queue, fencing_token
        self._proven = self._moved = uptime() if proven is None else proven
        self._lost = False
        # Claimed and not recorded: the heartbeat keeps them for us. Replaced as a whole.
        self.rows: Sequence[Any] = ()
        self.pause = 0.0  # seconds for which nobody may send after us

    def lasts(self) -> bool:
        """Whether nobody else can have the queue yet. Once False, always False. No database."""
        if uptime() - self._proven > STALE_AFTER:
            self._lost = True
        return not self._lost

    def may_begin(self) -> bool:
        """Whether another request may be begun now. No database: asked before each of them."""
        self._moved = uptime()
        return self.lasts() and not shutdown.is_requested()

    def prove(self) -> bool:
        """Whether the database agrees that another chunk may be begun. Raises its errors."""
        if not self.may_begin():
            return False
        return uptime() - self._proven < 1.0 or self.renew()

    def renew(self) -> bool:
        """Begin the leases of the queue and of its rows anew; False when the queue is not ours."""
        asked = uptime()  # not after the answer: we may be frozen in between
        if self._fencing_token and self.lasts():
            self._lost = not self._renewed()
            self._proven = asked
        return self.lasts()

    def hangs(self) -> bool:
        """Whether the work has not moved on for so long that it will not."""
        return uptime() - self._moved > HANGS_AFTER

    def release(self) -> None:
        """Let the next one have it, after the pause. A renewal that comes late has an old fencing
        token."""
        until = clock.now() + timedelta(seconds=self.pause) if self.pause else None
        with connection.cursor() as cursor:
            cursor.execute(
                _RELEASE, {"name": self._queue.name, "fence": self._fencing_token, "until": until}
            )

    def _renewed(self) -> bool:
        rows = self.rows
        values: dict[str, Any] = {
            "name": self._queue.name,
            "fence": self._fencing_token,
            "until": clock.now() + LEASE,
            "ids": [row.pk for row in rows],
            "fences": [row.fence for row in rows],
        }
        table = connection.ops.quote_name(self._queue.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(_RENEW.replace("{table}", table), values)
            return bool(cursor.fetchone()[0])


@contextmanager
def held(queue: DeliveryQueue) -> Iterator[Hold | None]:
    """Hold a queue, as long as we live and work; None when another process has it."""
    hold = _take(queue)
    if hold is None:
        yield None
        return
    over = Event()
    heart = Thread(target=_beat, args=(hold, over), name=f"lease of {queue.name}", daemon=True)
    heart.start()
    try:
        yield hold
    finally:
        over.set()
        heart.join(1.0)
        with suppress(Error):
            hold.release()


def _take(queue: DeliveryQueue) -> Hold | None:
    asked, now = uptime(), clock.now()
    holder = f"{socket.gethostname()}:{os.getpid()}"[:80]
    values: dict[str, Any] = {
        "name": queue.name,
        "now": now,
        "until": now + LEASE,
        "holder": holder,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        taken = cursor.fetchone()
    return Hold(queue, taken[0], asked) if taken else None


def _beat(hold: Hold, over: Event) -> None:
    """Renew every few seconds, on a connection of its own. A database that is away is asked again
    until the lease is stale."""
    try:
        while not over.wait(BEAT) and hold.lasts() and not hold.hangs():
            try:
                hold.renew()
            except Error as error:
                logger.warning("a lease was not renewed: %s", type(error).__name__)
                connections.close_all()
    finally:
        connections.close_all()


_TAKE = """
INSERT INTO core_queuelease AS held (name, fence, until, holder)
VALUES (%(name)s, 1, %(until)s, %(holder)s)
ON CONFLICT (name) DO UPDATE
    SET fence = held.fence + 1, until = EXCLUDED.until, holder = EXCLUDED.holder
    WHERE held.until IS NULL OR held.until <= %(now)s
RETURNING fence
"""
# A row that somebody has locked keeps what it has: the next beat comes before that is over.
_RENEW = f"""
WITH held AS (
    UPDATE core_queuelease SET until = %(until)s WHERE name = %(name)s AND fence = %(fence)s
    RETURNING id
), ours AS (
    SELECT t.id FROM {{table}} t
    JOIN unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS v (id, fence) USING (id)
    WHERE t.fence = v.fence AND t.state = '{SENDING}' AND EXISTS (SELECT FROM held)
    FOR NO KEY UPDATE OF t SKIP LOCKED
), kept AS (
    UPDATE {{table}} t SET lease_until = %(until)s FROM ours WHERE t.id = ours.id
)
SELECT count(*) FROM held
"""  # noqa: S608 - of our own words only
_RELEASE = """
UPDATE core_queuelease SET until = %(until)s, fence = fence + 1
WHERE name = %(name)s AND fence = %(fence)s
"""
