"""What kind of file it is: by its content, never by its name or what the upload says."""

import hashlib
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.exceptions import ValidationError

from clinical.models import Patient
from clinical.models.attachments import LONGEST_NAME, SERVED_AS, AttachmentKind
from core.values import text

HEAD = 4_096
TAIL = 2_048
# Of each: how it begins and what must stand near its end, so that no half of a file is taken.
MARKS = {
    AttachmentKind.PDF: (b"%PDF-", b"%%EOF"),
    AttachmentKind.PNG: (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"IEND\xaeB`\x82"),
    AttachmentKind.JPEG: (b"\xff\xd8\xff", b"\xff\xd9"),
}
TAKEN = "PDF, PNG, JPEG or DICOM"


def kind_of(file: IO[Any], patient: Patient) -> AttachmentKind:
    """What kind of file this is. Raises ValidationError (`file`) for any other, for a part of one,
    and for a DICOM file that is not of this patient."""
    from clinical.attachments import dicom  # noqa: PLC0415 - pydicom takes memory that most processes never need

    file.seek(0)
    head = file.read(HEAD)
    if dicom.is_dicom(head):
        dicom.check(file, patient)
        return AttachmentKind.DICOM
    tail = _tail_of(file)
    for kind, (begin, end) in MARKS.items():
        if head.startswith(begin):
            if end not in tail:
                raise _refused(f"This {kind.label} file is not whole. Send it again.", "incomplete")
            return kind
    raise _refused(f"This is {_guess(head)}, whatever its name says. Send {TAKEN}.", "kind")


def digest_of(file: IO[Any]) -> str:
    """The SHA-256 of all of it."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(65_536):
        digest.update(chunk)
    return digest.hexdigest()


def name_of(given: str, kind: AttachmentKind) -> str:
    """The name for people: without folders and control characters, and with the ending of its
    kind, so that nothing is opened as what it is not."""
    ending = SERVED_AS[kind][1]
    last = PurePosixPath(given.replace("\\", "/")).name
    stem = text.lenient(last).rstrip(". ")
    while stem.lower().endswith(ending):
        stem = stem[: -len(ending)].rstrip(". ")
    stem = stem.strip(". ")
    kept = "".join(c for c in stem if c not in '<>:"/|?*;%')[: LONGEST_NAME - len(ending)].strip()
    return (kept or "file") + ending


def _tail_of(file: IO[Any]) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(size - TAIL, 0))
    tail: bytes = file.read(TAIL)
    return tail


def _guess(head: bytes) -> str:
    """What the file seems to be, in words."""
    if not head:
        return "an empty file"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    import puremagic  # noqa: PLC0415 - its tables take memory that most processes never need

    try:
        known = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        known = ""
    return f"a file of the type {known[:60]}" if known else "a file of no known type"


def _refused(reason: str, code: str) -> ValidationError:
    return ValidationError({"file": ValidationError(reason, code=code)})
