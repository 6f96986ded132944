"""The verbs of attachments. Each leaves a StudyEvent, in the same transaction."""

import io
import logging
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse

from clinical.attachments import content, storage
from clinical.models import Study, StudyAttachment, StudyEvent
from clinical.models.attachments import on_record
from clinical.services import lock_study
from clinical.states import StudyState
from core.database import clock
from core.encryption import files
from core.encryption.cipher import DecryptionError
from core.risks import check_reason
from core.workflow import TransitionNotAllowedError

logger = logging.getLogger(__name__)


class FileStorageError(Exception):
    """A file cannot be stored now, or is missing or damaged."""


def attach(study: Study, file: IO[Any], name: str, *, by: str) -> StudyAttachment:
    """Check a file, store it encrypted, and put it on record.

    Raises ValidationError (`file`) for one that is not taken, TransitionNotAllowedError for a study
    that was cancelled or entered in error, FileStorageError. Nothing is left of it then.
    """
    size = file.seek(0, 2)
    if size > settings.ATTACHMENT_BYTES:
        most = settings.ATTACHMENT_BYTES // 1_000_000
        text = f"This file has {size:,} bytes. At most {most} MB are taken."
        raise ValidationError({"file": ValidationError(text, code="too_large")})
    kind = content.kind_of(file, study.patient)
    row = StudyAttachment(
        study=study,
        kind=kind,
        name=content.name_of(name, kind),
        size=size,
        digest=content.digest_of(file),
        file_key=files.new_key(),
        uploaded_by=by,
    )
    row.stored_as = _stored(file, row.file_key)
    try:
        _put_on_record(row, by=by)
    except BaseException:
        storage.delete(row.stored_as)
        raise
    return row


def _stored(file: IO[Any], key: str) -> str:
    """The name under which it is stored. Raises FileStorageError."""
    try:
        return storage.save(file, key)
    except OSError as error:
        logger.error("no file can be stored: %s: %s", type(error).__name__, error)
        raise FileStorageError(
            "The file cannot be stored now. Send it again later, or tell whoever looks after "
            "Dosette."
        ) from error


@transaction.atomic
def _put_on_record(row: StudyAttachment, *, by: str) -> None:
    study = lock_study(row.study)
    if study.state in (StudyState.CANCELLED, StudyState.ENTERED_IN_ERROR):
        raise TransitionNotAllowedError(f"This study is {study.state}: it takes no files.")
    most = settings.ATTACHMENTS_PER_STUDY
    if on_record().filter(study=study).count() >= most:
        text = f"This study has {most} files, and takes no more."
        raise ValidationError({"file": ValidationError(text, code="too_many")})
    row.save(force_insert=True)
    StudyEvent.objects.create(study=study, kind="attached", actor=by, detail=str(row))


def open_attachment(row: StudyAttachment) -> io.BufferedReader:
    """Its content. Raises FileStorageError, which is in the log by its key."""
    try:
        return storage.open_stored(row.stored_as, row.file_key)
    except (OSError, DecryptionError) as error:
        logger.error("%s cannot be read: %s: %s", row, type(error).__name__, error)
        raise FileStorageError(
            f"The file of {row} is missing or damaged. Tell whoever looks after Dosette."
        ) from error


def download(row: StudyAttachment, file: IO[bytes]) -> FileResponse:
    """An answer that a browser keeps as a file, and neither shows nor runs."""
    answer = FileResponse(
        file, as_attachment=True, filename=row.name, content_type=row.content_type
    )
    answer.headers["Content-Length"] = str(row.size)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@transaction.atomic
def enter_in_error(row: StudyAttachment, reason: str, *, by: str) -> None:
    """Take a file off the record: it is neither listed nor served any more, and not destroyed.

    Raises TransitionNotAllowedError when that was done before, ValidationError (`reason`) without a
    reason.
    """
    check_reason(reason, "it is entered in error")
    now = clock.now()
    mine = on_record().filter(pk=row.pk)
    if not mine.update(entered_in_error_at=now, entered_in_error_by=by):
        raise TransitionNotAllowedError("This file was entered in error before.")
    row.entered_in_error_at, row.entered_in_error_by = now, by
    detail = f"{row}: {reason.strip()}"[:500]
    StudyEvent.objects.create(
        study_id=row.study_id, kind="attachment-in-error", actor=by, detail=detail
    )
