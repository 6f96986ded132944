"""Log lines: as JSON in production, plain in development, each with the request or task it is of.

Nothing personal gets in. The values in other people's messages are left out, and of an exception
only its kind and its places are told: texts of both quote what somebody typed.
"""

import json
import logging
import re
import traceback
import uuid
from datetime import UTC, datetime
from typing import Any

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

# A UUID, a ULID, a trace's or nginx's id: nothing that a person would be called.
WELL_FORMED = re.compile(r"[0-9A-Za-z-]{16,64}")
# Whose messages hold no values but our own: keys, counts and names from our code.
OURS = (
    *("config", "core", "identity", "customers", "orders", "clinical", "shipping"),
    *("kits", "notifications", "transfers", "desk"),
    *("gunicorn.error", "celery.worker", "celery.beat"),
)
DEEPEST = 30


def request_id() -> str:
    """The id of the request, or of the one that this task was queued by; "" outside of both."""
    return str(get_contextvars().get("request_id", ""))


def begin(sent: str = "", **known: Any) -> str:
    """Start the work on something with this id, if it is well formed, else one of our own."""
    bound_id = sent if WELL_FORMED.fullmatch(sent) else uuid.uuid4().hex
    clear_contextvars()
    bind_contextvars(request_id=bound_id, **known)
    return bound_id


end = clear_contextvars


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **get_contextvars(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = _places(record.exc_info[2])
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """A line to read, with the request's id at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        bound_id = request_id()
        return f"{super().format(record)} [{bound_id[:8]}]" if bound_id else super().format(record)


def _message(record: logging.LogRecord) -> str:
    """What is said: of others, the words without the values."""
    if record.name.startswith(OURS):
        return record.getMessage()
    if record.name == "django.request":  # "what: address": the request's own line has its pattern
        return record.getMessage().partition(":")[0]
    if record.name.startswith("django.security"):  # its messages are put together: they quote
        return record.name
    return str(record.msg)


def _places(trace: Any) -> list[str]:
    frames = traceback.extract_tb(trace)[-DEEPEST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
