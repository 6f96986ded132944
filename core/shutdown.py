"""Whether this process has been asked to stop: long work looks, and releases the rest.

A prefork worker gets SIGTERM, its children do not, and it is they who work. So the flag lies in
memory that parent and children share; a signal handler can set it without taking any lock.
"""

import struct
from mmap import mmap

from core.database.clock import uptime

# Seconds that answers have to be recorded: half of what a deploy waits before it kills.
GRACE = 30.0

_AT = struct.Struct("d")
_shared = mmap(-1, _AT.size)


def begin() -> None:
    """Stop soon. Children that were forked before or come later see it, too."""
    if not is_requested():
        _AT.pack_into(_shared, 0, uptime())


def is_requested() -> bool:
    """Whether no new work is to be begun."""
    return bool(_since())


def is_over() -> bool:
    """Whether even what was begun has had its time."""
    since = _since()
    return bool(since) and uptime() - since > GRACE


def forget() -> None:
    """Go on; for tests."""
    _AT.pack_into(_shared, 0, 0.0)


def _since() -> float:
    """The machine's uptime when it began; 0 when it has not."""
    return float(_AT.unpack_from(_shared, 0)[0])
