"""All that is held of a person as one ZIP of JSON and files, made while it is sent."""

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile

from django.http import HttpRequest

from core.database import clock
from desk.models import PersonExport
from desk.personal_data.catalogue import parts_of
from desk.personal_data.parts import Part, Subject
from identity.access_log.records import record
from identity.models import How, User

CHUNK = 64 * 1024


class _Sent:
    """Where a ZIP is written to: what was written is taken and sent, and not kept."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """Take it."""
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        """What was written since."""
        taken, self._written = bytes(self._written), bytearray()
        return taken

    def __len__(self) -> int:
        return len(self._written)


def give_out(
    subject: Subject, *, to: User, who: HttpRequest | User, reason: str
) -> Iterator[bytes]:
    """The ZIP in pieces, once it is on record who gets it and whose health data is in it.

    What somebody else must have a right for is left out. Raises ValidationError for the reason.
    """
    row = PersonExport(kind=subject.kind, subject=subject.key, reason=reason, actor=to.actor)
    row.full_clean()
    row.save()
    parts = [part for part in parts_of(subject.kind) if not part.right or to.has_perm(part.right)]
    shown = {key for part in parts for key in part.patients(subject)}
    record(who, shown, How.EXPORT, reason=reason)
    return archive(subject, parts)


def archive(subject: Subject, parts: list[Part]) -> Iterator[bytes]:
    """The ZIP, in pieces: a file for each part, its own files, and `about.json`. Bounded memory."""
    sent = _Sent()
    with ZipFile(cast("Any", sent), "w", ZIP_DEFLATED) as zipped:
        with zipped.open("about.json", "w") as file:
            file.write(_about(subject, parts))
        for part in parts:
            with zipped.open(f"{part.name}.json", "w") as file:
                yield from _copied(_json(part, subject), file, sent)
            yield sent.take()
            for name, content in part.files(subject):
                with content, zipped.open(name, "w") as file:
                    pieces = iter(partial(content.read, CHUNK), b"")
                    yield from _copied(pieces, file, sent)
    yield sent.take()


def _copied(pieces: Iterator[bytes], file: IO[bytes], sent: _Sent) -> Iterator[bytes]:
    """Write them to a file of the ZIP; what is to be sent of it meanwhile."""
    for piece in pieces:
        file.write(piece)
        if len(sent) >= CHUNK:
            yield sent.take()


def _about(subject: Subject, parts: list[Part]) -> bytes:
    names = {part.name for part in parts}
    left_out = [part.name for part in parts_of(subject.kind) if part.name not in names]
    about = {
        "subject": f"{subject.kind} {subject.key}",
        "made_at": clock.now(),
        "files": {f"{part.name}.json": part.kept for part in parts},
        "left_out_for_want_of_a_right": left_out,
    }
    text = json.dumps(about, default=_plain, indent=1)
    return text.encode()


def _json(part: Part, subject: Subject) -> Iterator[bytes]:
    """A list, one row a line."""
    start = "[\n"
    for row in part.rows(subject):
        yield (start + json.dumps(row, default=_plain, ensure_ascii=False)).encode()
        start = ",\n"
    yield b"[]\n" if start == "[\n" else b"\n]\n"


def _plain(value: Any) -> str:
    """A time or date as ISO 8601 writes it; anything else, such as an amount, as text."""
    return value.isoformat() if isinstance(value, date) else str(value)
