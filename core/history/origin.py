"""Where a change comes from: what its row of history says beside what was changed.

`origin(...)` is around a request or an import; `because` adds a reason to it. A statement that
changes a tracked table tells the database in the same round trip, and its triggers write it down;
it is forgotten at the end of the transaction, so a pooler may stand between.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from structlog.contextvars import get_contextvars

from core.history.tracking import tracked_tables

Facts = Mapping[str, str]
LONGEST_REASON = 200
_CHANGES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|MERGE INTO)\s")
_SET_ORIGIN = "SELECT set_config('pghistory.context_metadata', {}, true); "
_KEY = "history_origin"  # of the value, among those of a statement that names its values

_origin: ContextVar[Callable[[], Facts] | None] = ContextVar("origin", default=None)
_reason: ContextVar[str] = ContextVar("reason", default="")


@contextmanager
def origin(facts: Callable[[], Facts]) -> Iterator[None]:
    """Let all changes in here come from what `facts` says, when the first of them is written:
    `actor`, `request` (method and pattern of the address), `reason`; texts, no personal data."""
    before, reason_before = _origin.set(facts), _reason.set("")
    try:
        yield
    finally:
        _reason.reset(reason_before)
        _origin.reset(before)


@contextmanager
def acting(actor: str) -> Iterator[None]:
    """Let the changes in here be those of this actor; the rest stays as it is known."""
    source = _origin.get()
    with origin(lambda: {**(source() if source else _of_process()), "actor": actor}):
        yield


def because(reason: str) -> None:
    """Say why, for the changes that follow in this request or task."""
    _reason.set(reason[:LONGEST_REASON])


def present() -> dict[str, str]:
    """What is known now of who changes something; what is not known is left out."""
    source, known = _origin.get(), get_contextvars()
    facts = dict(source() if source else _of_process())
    facts |= {name: str(known[name]) for name in ("request_id", "task") if name in known}
    facts["reason"] = _reason.get() or facts.get("reason", "")
    return {name: text for name, text in facts.items() if text}


def _of_process() -> Facts:
    return {"command": command(sys.argv)}


def command(arguments: list[str]) -> str:
    """The management command that this process runs, or ""."""
    is_ours = len(arguments) > 1 and Path(arguments[0]).name == "manage.py"
    return arguments[1] if is_ours else ""


def attach(connection: Any, **_: Any) -> None:
    """Tell the database on this connection where changes come from; when it is made."""
    if record_origin not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, record_origin)


def record_origin(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Run a statement; one that changes a tracked table after saying where it comes from."""
    if many or not isinstance(sql, str) or not changes_tracked(sql):
        return execute(sql, params, many, context)
    facts = json.dumps(present())
    if not params:  # without values there are no holes, and a % is one
        params, sql = [], sql.replace("%", "%%")
    if isinstance(params, Mapping):
        values: Any = {**params, _KEY: facts}
        return execute(_SET_ORIGIN.format(f"%({_KEY})s") + sql, values, many, context)
    return execute(_SET_ORIGIN.format("%s") + sql, (facts, *params), many, context)


def changes_tracked(sql: str) -> bool:
    """Whether a statement changes rows of a tracked table; rather once too often."""
    if sql.startswith("SELECT") or not any(table in sql for table in _tables()):
        return False
    return _CHANGES.search(sql) is not None


@cache
def _tables() -> frozenset[str]:
    return frozenset(tracked_tables())
