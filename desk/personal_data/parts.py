"""What a part of what is held of a person is made of: to be given out, and to be erased."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Literal, NamedTuple

from django.db.models import Model, Q, QuerySet

from core.history.tracking import history_of

Kind = Literal["customer", "patient"]
Row = dict[str, Any]


class Subject(NamedTuple):
    """Whose data it is: a customer's or a patient's key.

    `erasure` is the key of the one that is being done; None in its preview.
    """

    kind: Kind
    key: int
    erasure: int | None = None


class NotErasableError(Exception):
    """Nothing may be erased now; the text says why, and what to do first."""


def _nothing(_: Subject) -> int:
    return 0


def _no_files(_: Subject) -> Iterator[tuple[str, IO[bytes]]]:
    yield from ()


def _nobody(_: Subject) -> Iterable[int]:
    return ()


def nothing_to_show(_: Subject) -> Iterator[Row]:
    """No rows: what cannot be looked for by person, and is named all the same."""
    yield from ()


@dataclass(frozen=True, slots=True)
class Part:
    """One sort of rows that are held of some kind of subject.

    `rows` gives them for the person to read, columns by name. `erase` takes out of them what the
    law lets go, in the caller's transaction, and gives the number of rows that it changed; it
    raises NotErasableError where nothing may be. `kept` says what stays after that, and why.
    `files` gives what belongs to the rows and is no row: its name in the ZIP, and its content.
    `right`: who lacks it is not given the part. `patients`: of whom it tells that they are one.
    """

    name: str
    kind: Kind
    rows: Callable[[Subject], Iterator[Row]]
    erase: Callable[[Subject], int] = _nothing
    kept: str = ""
    files: Callable[[Subject], Iterator[tuple[str, IO[bytes]]]] = _no_files
    right: str = ""
    patients: Callable[[Subject], Iterable[int]] = _nobody


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows that are let go after a time. `setting` has the days, 0 for never; `expire` lets go
    at most so many of the rows of before a moment, and gives their number. `notes_itself`: what it
    let go is on record by then."""

    name: str
    setting: str
    expire: Callable[[datetime, int], int]
    notes_itself: bool = False


def values(rows: "QuerySet[Any]", *columns: str) -> Iterator[Row]:
    """The rows with these columns, read a few hundred at a time."""
    yield from rows.order_by("pk").values(*columns).iterator(chunk_size=500)


def history_values(model: type[Model], where: Q, *columns: str) -> Iterator[Row]:
    """The history of changes of such rows: what they were, since when."""
    history: Any = history_of(model)
    yield from values(history.objects.filter(where), "id", "pgh_created_at", "pgh_label", *columns)
