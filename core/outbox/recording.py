"""Recording answers: what the other side has said is not thrown away because we stumble."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection

from core import shutdown
from core.http import Outcome
from core.outbox.queue import DeliveryQueue, Disposition
from core.outbox.retry_policy import decide

logger = logging.getLogger(__name__)

KEPT_FOR = 300.0  # seconds that an answer is kept in memory while the database is away
LONGEST_PAUSE = 5.0
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
            if over or not _is_away(error) or connection.in_atomic_block:
                raise
            logger.warning("not recorded yet, tried again: %s", type(error).__name__)
        connection.close()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
        still()


def record(
    queue: DeliveryQueue,
    answers: Sequence[tuple[Any, Outcome]],
    still: Callable[[], object] = lambda: None,
) -> list[tuple[Any, Exception]]:
    """Record what answers mean for their rows, where those are still ours, together.

    That is decided once, however often it is tried (`insist`). When one of them cannot be recorded,
    they are recorded one by one: what is wrong with a row costs the others nothing. Gives such rows
    with their errors, which are logged; raises the database's error when it stays away.
    """
    results = [(row, decide(row, outcome, queue)) for row, outcome in answers]
    return insist(partial(_record, queue, results), still)


def _record(
    queue: DeliveryQueue, results: Sequence[tuple[Any, Disposition]]
) -> list[tuple[Any, Exception]]:
    try:
        _together(queue, results)
    except Exception as error:
        if _is_away(error):
            raise
        bad = [(results[0][0], error)] if len(results) == 1 else _one_by_one(queue, results)
        for row, each in bad:
            # Kind only: its text may quote the row.
            kind = type(each).__name__
            logger.error("%s while recording %s %s", kind, queue.name, row.pk)
        return bad
    return []


def _one_by_one(
    queue: DeliveryQueue, results: Sequence[tuple[Any, Disposition]]
) -> list[tuple[Any, Exception]]:
    bad = []
    for each in results:
        try:
            _together(queue, [each])
        except Exception as error:
            if _is_away(error):
                raise
            bad.append((each[0], error))
    return bad


def _together(queue: DeliveryQueue, results: Sequence[tuple[Any, Disposition]]) -> None:
    """All or none; after none the rows are again what they were: a queue may write into them."""
    before = [dict(vars(row)) for row, _ in results]
    try:
        queue.record_results(results)
    except BaseException:
        for (row, _), fields in zip(results, before, strict=True):
            vars(row).clear()
            vars(row).update(fields)
        raise


def _is_away(error: Exception) -> bool:
    """Whether it is the database's fault, or another session's: then it may go well next time.

    What is wrong with the statement or its values has a class of its own.
    """
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
