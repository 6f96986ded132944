"""What laboratories have sent, and what uploads that broke off have left. Run every few seconds."""

import time
from datetime import timedelta

from clinical.attachments import storage
from clinical.attachments.erased import remove_erased_files
from clinical.laboratories import incoming, informing
from clinical.models import StudyAttachment
from core.database import clock
from core.failures import each_name, steps

# An upload takes seconds: what no row names after this long will never have one.
LONGEST_UPLOAD = timedelta(hours=1)
REST = 600.0  # seconds between two looks at the storage
CHUNK = 500


class Rest:
    """The time between two looks at the storage, of this process."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def begins(self) -> bool:
        """Whether it is time to look, and the next rest has begun."""
        if time.monotonic() < self._until:
            return False
        self._until = time.monotonic() + REST
        return True


rest = Rest()


def sweep() -> dict[str, int]:
    """One pass; how much of each kind was done."""
    return steps(
        "clinical",
        {
            "messages of laboratories read": incoming.read_waiting,
            "calls about critical results": informing.call_due,
            "files removed that no attachment names": remove_unless_resting,
            "files of erased attachments removed": remove_erased_files,
        },
    )


def remove_unless_resting() -> int:
    """Remove orphans, unless it was done a short while ago; how many."""
    return remove_orphans() if rest.begins() else 0


def remove_orphans() -> int:
    """Remove the files of the last days that no row names and no upload still writes; how many."""
    return each_name("clinical: files", _orphans(), _remove)


def _orphans() -> list[str]:
    names = list(storage.names_of_last_days())
    orphans: list[str] = []
    for start in range(0, len(names), CHUNK):
        chunk = names[start : start + CHUNK]
        known = StudyAttachment.objects.filter(stored_as__in=chunk)
        orphans += set(chunk) - set(known.values_list("stored_as", flat=True))
    return orphans


def _remove(name: str) -> int:
    """Remove a file unless its upload may be under way; how many that were."""
    if storage.storage().get_modified_time(name) >= clock.now() - LONGEST_UPLOAD:
        return 0
    storage.delete(name)
    return 1
