"""Which occurrence is left out, or taken back: pure functions of a plan and what is left out of it.

A request names the occurrence that it is about, by number or by date. So one that is repeated
changes nothing, and one that comes too late is refused: it never leaves out another date.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from core.workflow import TransitionNotAllowedError
from shipping.schedules.recurrence import Plan

Occurrence = int | date


def left_out(plan: Plan, first: int | None, today: date) -> dict[int, date]:
    """The occurrences from `first` up to the next one that are still to come, with their dates."""
    if first is None:
        return {}
    days = {number: plan.date_of(number) for number in range(first, plan.occurrence)}
    return {number: day for number, day in days.items() if day >= today}


def skipped(plan: Plan, out: Mapping[int, date], occurrence: Occurrence | None) -> Plan:
    """The plan without its next occurrence; as it is when the one that is meant is out already.

    Raises TransitionNotAllowedError when another is meant, and when none is named while one is out:
    nobody can tell a second skip from a first one that was repeated.
    """
    upcoming = f"{plan.next_on} (occurrence {plan.occurrence})"
    if occurrence is None and out:
        raise TransitionNotAllowedError(
            f"{max(out.values())} is left out already. To leave out {upcoming} too, name it: "
            f"`occurrence` {plan.occurrence}."
        )
    number = plan.occurrence if occurrence is None else _number(plan, occurrence)
    if number in out:
        return plan
    if number != plan.occurrence:
        raise TransitionNotAllowedError(f"Only the next one can be left out: that is {upcoming}.")
    return plan.skipped()


def unskipped(plan: Plan, out: Mapping[int, date], occurrence: Occurrence) -> Plan:
    """The plan with an occurrence that was left out; as it is when that is the next one already.

    Raises TransitionNotAllowedError for one that is not out, is past, or is not the last that was
    left out.
    """
    number = _number(plan, occurrence)
    if number == plan.occurrence:
        return plan
    if number is None or number not in out:
        raise TransitionNotAllowedError("This one is not left out, or it is past.")
    if number != max(out):
        raise TransitionNotAllowedError(
            f"{out[max(out)]} was left out after it: take that back first."
        )
    return replace(plan, occurrence=number)


def _number(plan: Plan, occurrence: Occurrence) -> int | None:
    return plan.number_on(occurrence) if isinstance(occurrence, date) else occurrence
