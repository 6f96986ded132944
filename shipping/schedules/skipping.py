"""Which occurrence is left out, or taken back: pure functions of a recurrence and its gaps.

A request names the occurrence that it is about, by number or by date. So one that is repeated
changes nothing, and one that comes too late is refused: it never leaves out another date.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from core.workflow import TransitionNotAllowedError
from shipping.schedules.recurrence import Recurrence

Occurrence = int | date


def left_out(recurrence: Recurrence, first: int | None, today: date) -> dict[int, date]:
    """The occurrences from `first` up to the next one that are still to come, with their dates."""
    if first is None:
        return {}
    days = {number: recurrence.date_of(number) for number in range(first, recurrence.occurrence)}
    return {number: day for number, day in days.items() if day >= today}


def skipped(
    recurrence: Recurrence, out: Mapping[int, date], occurrence: Occurrence | None
) -> Recurrence:
    """The recurrence without its next occurrence; unchanged when the one meant is out already.

    Raises TransitionNotAllowedError when another is meant, and when none is named while one is out:
    nobody can tell a second skip from a first one that was repeated.
    """
    upcoming = f"{recurrence.next_on} (occurrence {recurrence.occurrence})"
    if occurrence is None and out:
        raise TransitionNotAllowedError(
            f"{max(out.values())} is left out already. To leave out {upcoming} too, name it: "
            f"`occurrence` {recurrence.occurrence}."
        )
    number = recurrence.occurrence if occurrence is None else _number(recurrence, occurrence)
    if number in out:
        return recurrence
    if number != recurrence.occurrence:
        raise TransitionNotAllowedError(f"Only the next one can be left out: that is {upcoming}.")
    return recurrence.skipped()


def unskipped(
    recurrence: Recurrence, out: Mapping[int, date], occurrence: Occurrence
) -> Recurrence:
    """The recurrence with an occurrence that was left out; unchanged when that is the next one.

    Raises TransitionNotAllowedError for one that is not out, is past, or is not the last that was
    left out.
    """
    number = _number(recurrence, occurrence)
    if number == recurrence.occurrence:
        return recurrence
    if number is None or number not in out:
        raise TransitionNotAllowedError("This one is not left out, or it is past.")
    if number != max(out):
        raise TransitionNotAllowedError(
            f"{out[max(out)]} was left out after it: take that back first."
        )
    return replace(recurrence, occurrence=number)


def _number(recurrence: Recurrence, occurrence: Occurrence) -> int | None:
    return recurrence.number_on(occurrence) if isinstance(occurrence, date) else occurrence
