"""What uploads that broke off have left behind. Run every few seconds."""

import time
from datetime import timedelta

from clinical.attachments import storage
from clinical.models import StudyAttachment
from core.database import clock
from core.failures import steps

# An upload takes seconds: what no row names after this long will never have one.
LONGEST_UPLOAD = timedelta(hours=1)
REST = 600.0  # seconds between two looks at the storage
CHUNK = 500


class Orphans:
    """Removes stored files that no row names, unless it looked a short while ago."""

    def __init__(self) -> None:
        self._resting_until = float("-inf")

    def sweep(self) -> int:
        """How many were removed; nothing while it rests."""
        if time.monotonic() < self._resting_until:
            return 0
        removed = remove_orphans()
        self._resting_until = time.monotonic() + REST
        return removed


orphans = Orphans()


def sweep() -> dict[str, int]:
    """One pass; how much of each kind was removed."""
    return steps("clinical", {"files removed that no attachment names": orphans.sweep})


def remove_orphans() -> int:
    """Remove the files of the last days that no row names and no upload still writes; how many."""
    names = list(storage.names_of_last_days())
    removed = 0
    for start in range(0, len(names), CHUNK):
        chunk = names[start : start + CHUNK]
        known = StudyAttachment.objects.filter(stored_as__in=chunk)
        for name in set(chunk) - set(known.values_list("stored_as", flat=True)):
            if storage.storage().get_modified_time(name) < clock.now() - LONGEST_UPLOAD:
                storage.delete(name)
                removed += 1
    return removed
