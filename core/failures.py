"""Work over many rows goes on after a bad one: each row and each step by itself.

What raises is left alone for a minute, then longer and longer, up to an hour; a step of the sweeper
up to a minute. It is a case from its first failure until its work is done, or is not due any more.
A database that is away is nobody's fault: that error is raised, and the caller tries again later.
"""

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from core import shutdown
from core.cases.registry import CaseDraft
from core.cases.store import open as open_cases
from core.cases.store import resolve
from core.database import clock
from core.database.sql import is_concurrency_error
from core.models import Failure
from core.observability.metrics import Counter

logger = logging.getLogger(__name__)
T = TypeVar("T")

KIND = "work-failing"
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# So many of one kind are no bad rows but a bad program: no more are tried until these are done.
MOST_ASIDE = 1000
UNTRIED_FOR = timedelta(days=1)
FAILURES = Counter("dosette_work_failures", "Work of ours that raised", ("work",))


@dataclass
class _Kept:
    """By work and row, when it is tried again; None until it is read."""

    failures: dict[str, dict[int, datetime]] | None = None


# What is kept within `read_once`.
_kept: ContextVar[_Kept | None] = ContextVar("failures", default=None)


class StepsFailedError(Exception):
    """Steps that raised, after the others were done: `names`, and what the others did."""

    def __init__(self, names: Sequence[str], done: Mapping[str, int]) -> None:
        super().__init__(", ".join(names))
        self.names, self.done = list(names), dict(done)


def steps(sweeper: str, named: Mapping[str, Callable[[], int]]) -> dict[str, int]:
    """Take the steps one after the other; how much each did. A failed one rests for a while.

    Raises StepsFailedError at the end when one failed just now, and the database's error when it
    is away.
    """
    known = _known(work for name in named if (work := f"{sweeper}: {name}"))
    done: dict[str, int] = {}
    failed: list[str] = []
    for name, step in named.items():
        work = f"{sweeper}: {name}"
        if shutdown.is_requested():
            break
        if known.get(work, clock.now()) > clock.now():
            continue
        try:
            result = attempt(work, 0, step)
        except StepsFailedError as error:
            done[name], failed = sum(error.done.values()), [*failed, *error.names]
            continue
        if result is None:
            failed.append(work)
            continue
        done[name] = result
        if work in known:
            forget(work, [0])
    if failed:
        raise StepsFailedError(failed, done)
    return done


def _known(works: Iterable[str]) -> dict[str, datetime]:
    return {work: rows[0] for work, rows in _failures(works).items() if 0 in rows}


def waiting(work: str, rows: QuerySet[Any], *, key: str = "pk", most: int = 500) -> list[int]:
    """The keys of the rows to do now, in their order: those that failed lately are left out.

    `rows` are all that wait for this work. What failed and waits no more is forgotten.
    """
    aside = resting(work, rows, key=key)
    if aside and len(failing := failed(work)) >= MOST_ASIDE:
        rows = rows.filter(**{f"{key}__in": failing})
    rows = rows.exclude(**{f"{key}__in": aside}) if aside else rows
    return list(rows.values_list(key, flat=True)[:most])


def resting(work: str, rows: QuerySet[Any], *, key: str = "pk") -> list[int]:
    """Those that failed lately. What failed and is not among `rows` any more is forgotten."""
    failing = failed(work)
    if not failing:
        return []
    still = rows.order_by().filter(**{f"{key}__in": failing})
    forget(work, set(failing) - set(still.values_list(key, flat=True)))
    now = clock.now()
    return [row for row, due in _failures([work]).get(work, {}).items() if due > now]


def failed(work: str) -> list[int]:
    """All rows with which this work failed last time."""
    return list(_failures([work]).get(work, ()))


@contextmanager
def read_once() -> Iterator[None]:
    """Within it all failures are read in one statement, not those of each work by themselves.

    For a pass of the sweeper. What another process notes meanwhile is left aside from the next
    pass on.
    """
    token = _kept.set(_Kept())
    try:
        yield
    finally:
        _kept.reset(token)


def _failures(works: Iterable[str]) -> dict[str, dict[int, datetime]]:
    """By work and row, when it is tried again: of everything that failed last time."""
    asked, kept = list(works), _kept.get()
    if kept is None:
        return _by_work(Failure.objects.filter(work__in=asked))
    if kept.failures is None:
        kept.failures = _by_work(Failure.objects.all())
    return {work: kept.failures[work] for work in asked if work in kept.failures}


def _by_work(failures: QuerySet[Failure]) -> dict[str, dict[int, datetime]]:
    rows: dict[str, dict[int, datetime]] = {}
    for work, row, due in failures.order_by("row").values_list("work", "row", "next_attempt_at"):
        rows.setdefault(work, {})[row] = due
    return rows


def _read_anew() -> None:
    """Forget what was read: it is changed."""
    if kept := _kept.get():
        kept.failures = None


def each(work: str, rows: Iterable[int], run: Callable[[int], int]) -> int:
    """Do it for each row by itself, `run` being a transaction of its own; what they did in all."""
    return sum(attempt(work, row, partial(run, row)) or 0 for row in rows)


def together(work: str, rows: Sequence[int], run: Callable[[Sequence[int]], int]) -> int:
    """Do it for all rows in one go and transaction, or each by itself when that raises."""
    if not rows:
        return 0
    try:
        with transaction.atomic():
            return run(rows)
    except Exception:  # noqa: BLE001 - whichever row brings it out will do so again
        raise_if_away()
    return each(work, rows, _alone(run))


def in_chunks(
    work: str, rows: QuerySet[Any], run: Callable[[Sequence[int]], int], *, most: int
) -> int:
    """Do it for all rows that wait, so many together, until none is left or others have them.

    `run` takes a row out of `rows`. How many there were.
    """
    done = 0
    while ids := waiting(work, rows, most=most):
        count = together(work, ids, run)
        done += count
        if not count:
            break
    return done


def _alone(run: Callable[[Sequence[int]], int]) -> Callable[[int], int]:
    def alone(row: int) -> int:
        with transaction.atomic():
            return run([row])

    return alone


def each_name(work: str, names: Iterable[str], run: Callable[[str], int]) -> int:
    """Do it for each queue, provider or kind by itself, as `steps` does; what they did in all."""
    return sum(steps(work, {name: partial(run, name) for name in names}).values())


def attempt(work: str, row: int, run: Callable[[], T]) -> T | None:
    """What it came to; None when it raised, which is written down.

    What somebody else has locked is no failure either: it is passed by, until the next time.
    Raises the database's error when that is away, and StepsFailedError.
    """
    try:
        return run()
    except StepsFailedError:
        raise
    except OperationalError as error:
        raise_if_away()
        if not is_concurrency_error(error):
            note(work, row, error)
        return None
    except Exception as error:  # noqa: BLE001 - whatever one row brings out, the others go on
        raise_if_away()
        note(work, row, error)
        return None


def raise_if_away() -> None:
    """Raise the error being handled when the connection to the database can do nothing more."""
    broken = connection.connection is not None and not connection.is_usable()
    if connection.needs_rollback or broken:
        raise


@transaction.atomic
def note(work: str, row: int, error: Exception) -> None:
    """Write down that this failed, and open its case. Neither holds what the error says."""
    where = f"{type(error).__name__} at {_place(error)}"[:200]
    failure, _ = Failure.objects.select_for_update().get_or_create(work=work, row=row)
    failure.error, failure.attempts = where, failure.attempts + 1
    failure.next_attempt_at = clock.now() + _pause(failure)
    failure.save()
    logger.error("%s in: %s", where, failure)
    FAILURES.add(work=work)
    _read_anew()
    if failure.attempts == 1:
        open_cases(to_cases([failure]))


def _pause(failure: Failure) -> timedelta:
    longest = LONGEST_PAUSE if failure.row else FIRST_PAUSE
    doublings = min(failure.attempts - 1, 10)
    return min(timedelta(seconds=FIRST_PAUSE.total_seconds() * 2**doublings), longest)


def _place(error: Exception) -> str:
    """Where it was raised: the last line of ours that not every statement passes through."""
    passed = {getattr(wrapper, "__name__", "") for wrapper in connection.execute_wrappers}
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.name not in passed]
    ours = [f for f in frames if Path(f.filename).is_relative_to(settings.BASE_DIR)]
    ours = [f for f in ours if "site-packages" not in f.filename] or list(frames)
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno} {ours[-1].name}" if ours else "?"


def forget(work: str, rows: Iterable[int]) -> None:
    """Its work is done, or is none any more: close the cases."""
    done = Failure.objects.filter(work=work, row__in=list(rows))
    ids = list(done.values_list("pk", flat=True))
    if ids:
        resolve(KIND, ids, by="system", resolution="It works again, or is not due any more.")
        done.filter(pk__in=ids).delete()
        _read_anew()


def forget_untried() -> int:
    """Forget what was due a day ago and nobody has tried since: that work is no more; how many."""
    untried = Failure.objects.filter(next_attempt_at__lt=clock.now() - UNTRIED_FOR)
    for failure in (chunk := list(untried[:MOST_ASIDE])):
        forget(failure.work, [failure.row])
    return len(chunk)


def to_cases(failures: Sequence[Failure]) -> list[CaseDraft]:
    """Their cases, to be opened."""
    return [
        CaseDraft(
            KIND,
            failure.pk,
            str(failure),
            "A fault of the program: this is left out, and tried again within the hour. Everything "
            "else goes on. Tell whoever looks after Dosette.",
            failure.error,
        )
        for failure in failures
    ]
