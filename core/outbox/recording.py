"""Recording answers: what the other side has said is not thrown away because we stumble."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import (
    DataError,
    Error,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    connection,
)

from core import shutdown
from core.outbox.rows import Lane, Settlement

logger = logging.getLogger(__name__)

KEPT_FOR = 300.0  # seconds that an answer is kept in memory while the database is away
LONGEST_PAUSE = 5.0
# The statement's own fault: it fails on any connection. All other errors are the database's.
_OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_T = TypeVar("_T")


def insist(do: Callable[[], _T], still: Callable[[], object] = lambda: None) -> _T:
    """Do it, again and again while the database is away; `still` is called before each new try.

    Raises its error after five minutes, or half a minute after we were asked to stop; at once
    within a transaction, whose beginning is lost with its connection.
    """
    end, pause = time.monotonic() + KEPT_FOR, 0.2
    while True:
        try:
            return do()
        except Error as error:
            over = time.monotonic() > end or shutdown.is_over()
            if over or isinstance(error, _OURS) or connection.in_atomic_block:
                raise
            logger.warning("not recorded yet, tried again: %s", type(error).__name__)
        connection.close()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
        still()


def record(lane: Lane, settled: Sequence[tuple[Any, Settlement]]) -> list[Exception]:
    """Record answers where their rows are still ours, together.

    When one of them cannot be recorded, they are recorded one by one: what is wrong with a row
    costs the others nothing. Gives the errors of those rows, which are logged; raises the
    database's when it is away.
    """
    try:
        _together(lane, settled)
    except Exception as error:
        if _is_away(error):
            raise
        errors = [error] if len(settled) == 1 else _one_by_one(lane, settled)
        for each in errors:
            # Kind only: its text may quote the row.
            logger.error("%s while recording %s", type(each).__name__, lane.name)  # noqa: TRY400
        return errors
    return []


def _one_by_one(lane: Lane, settled: Sequence[tuple[Any, Settlement]]) -> list[Exception]:
    errors = []
    for each in settled:
        try:
            _together(lane, [each])
        except Exception as error:
            if _is_away(error):
                raise
            errors.append(error)
    return errors


def _together(lane: Lane, settled: Sequence[tuple[Any, Settlement]]) -> None:
    """All or none; after none the rows are again what they were: a lane may write into them."""
    before = [dict(vars(row)) for row, _ in settled]
    try:
        lane.settle(settled)
    except BaseException:
        for (row, _), fields in zip(settled, before, strict=True):
            vars(row).clear()
            vars(row).update(fields)
        raise


def _is_away(error: Exception) -> bool:
    return isinstance(error, Error) and not isinstance(error, _OURS)
