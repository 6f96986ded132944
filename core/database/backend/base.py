"""Connections of which the kernel is asked whether they are still there.

Django asks the server itself, by a `SELECT 1` at the start of each request. But a server or a
pooler that ends a connection makes its socket readable, and the kernel knows that for nothing.
"""

import time
from select import POLLIN, poll

from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

# Seconds: a connection that was unused for longer is tried by a statement, for a machine that
# vanished has ended nothing.
TRUSTED_FOR = 5.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, but for `is_usable`."""

    _looked_at = float("-inf")

    def is_usable(self) -> bool:
        """Whether statements can be sent: by the socket where it was just used, else by trying."""
        now = time.monotonic()
        was_used, self._looked_at = now - self._looked_at < TRUSTED_FOR, now
        if was_used and not self.errors_occurred and self._is_silent():
            return True
        return bool(super().is_usable())

    def _is_silent(self) -> bool:
        """Whether it waits for a statement, and the server has neither ended it nor said anything
        unasked."""
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status != TRANSACTION_STATUS_IDLE:
            return False
        waiting = poll()
        waiting.register(self.connection.fileno(), POLLIN)
        return not waiting.poll(0)
