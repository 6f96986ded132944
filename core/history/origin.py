"""Where a change comes from: what its row of history says beside what was changed.

`origin(...)` is around a request or an import. A statement that changes a tracked table tells the
database in the same round trip, and its triggers write it down; it is forgotten at the end of the
transaction, so a pooler may stand between. The reason of a change itself (`because`) may tell of
somebody's health: it goes there encrypted, and only histories with a column for it keep it.
"""

import json
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from structlog.contextvars import get_contextvars

from core.encryption.cipher import encrypt
from core.history.tracking import REASON, tracked_tables

Facts = Mapping[str, str]
LONGEST_REASON = 500
_CHANGES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|MERGE INTO)\s")
_SET_ORIGIN = (
    "SELECT set_config('pghistory.context_metadata', {}, true), "
    "set_config('dosette.reason', {}, true); "
)
# Of the values, among those of a statement that names its values.
_KEYS = ("history_origin", "history_reason")

_origin: ContextVar[Callable[[], Facts] | None] = ContextVar("origin", default=None)
_reason: ContextVar[str] = ContextVar("reason", default="")  # encrypted, in Base64


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


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Let the changes in here be made for this reason; none is as if nothing was said."""
    text = reason.strip()[:LONGEST_REASON]
    before = _reason.set(b64encode(encrypt(text.encode(), REASON)).decode() if text else "")
    try:
        yield
    finally:
        _reason.reset(before)


def present() -> dict[str, str]:
    """What is known now of who changes something; what is not known is left out."""
    source, known = _origin.get(), get_contextvars()
    facts = dict(source() if source else _of_process())
    facts |= {name: str(known[name]) for name in ("request_id", "task") if name in known}
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
    facts, reason = json.dumps(present()), _reason.get()
    if not params:  # without values there are no holes, and a % is one
        params, sql = [], sql.replace("%", "%%")
    if isinstance(params, Mapping):
        values: Any = {**params, **dict(zip(_KEYS, (facts, reason), strict=True))}
        holes = [f"%({key})s" for key in _KEYS]
        return execute(_SET_ORIGIN.format(*holes) + sql, values, many, context)
    return execute(_SET_ORIGIN.format("%s", "%s") + sql, (facts, reason, *params), many, context)


def changes_tracked(sql: str) -> bool:
    """Whether a statement changes rows of a tracked table; rather once too often."""
    if sql.startswith("SELECT") or not any(table in sql for table in _tables()):
        return False
    return _CHANGES.search(sql) is not None


@cache
def _tables() -> frozenset[str]:
    return frozenset(tracked_tables())
