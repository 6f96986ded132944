"""Attachments of people whose data are erased: first the key and the name, then the file.

Without its key nobody can read a file, so it may go later where the storage does not answer.
"""

from collections.abc import Iterable

from clinical.attachments import storage
from clinical.models import StudyAttachment
from core.database import clock
from core.failures import each, waiting

ERASED = "erased"
WORK = "clinical: remove the file of an erased attachment"


def erase_attachments(patients: Iterable[int]) -> int:
    """Forget names and keys of all files of these patients' studies; how many."""
    rows = StudyAttachment.objects.filter(study__patient__in=patients, erased_at=None)
    return rows.update(name=ERASED, digest="", file_key="", erased_at=clock.now())


def remove_erased_files() -> int:
    """Remove the files of erased attachments; how many. One that the storage does not remove is
    tried again later, is a case until then, and holds up no other."""
    rows = StudyAttachment.objects.filter(erased_at__isnull=False, file_removed_at=None)
    return each(WORK, waiting(WORK, rows), _remove)


def _remove(key: int) -> int:
    row = StudyAttachment.objects.get(pk=key)
    storage.delete(row.stored_as)
    return StudyAttachment.objects.filter(pk=key).update(file_removed_at=clock.now())
