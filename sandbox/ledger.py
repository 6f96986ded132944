"""The ledger: what the sandbox was sent, in order, and what it answered."""

import json
from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.wire import FORM, json_answer

LISTS = ("shipments", "sms", "email", "push", "other")
FAULT = web.RequestKey("fault", str)  # the fault ordered for a request
HEADERS = ("Content-Type", "Accept", "Idempotency-Key")  # never one that holds a secret


class Ledger:
    """Lists of requests, each bounded, oldest dropped first.

    A list ``shipments`` holds only the requests to create one; look-ups, cancellations and
    visits to a redirect's target go to ``other``, so that counting parcels stays simple.
    """

    def __init__(self, keep: int) -> None:
        self.counts: Counter[str] = Counter()
        self._lists: dict[str, deque[dict[str, Any]]] = {name: deque(maxlen=keep) for name in LISTS}

    def add(
        self, name: str, request: web.Request, raw: bytes, status: int | None, **details: Any
    ) -> None:
        """Writes one request down; ``status`` is the answer given, None when there was none."""
        entry = {
            "received_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "method": request.method,
            "path": request.rel_url.raw_path,
            "headers": {h: request.headers[h] for h in HEADERS if h in request.headers},
            "status": status,
            "body": raw,
            **details,
        }
        if FAULT in request:
            entry["fault"] = request[FAULT]
        self.counts[name] += 1
        self._lists[name].append(entry)

    def latest(self, name: str, count: int) -> list[dict[str, Any]]:
        """The newest entries of a list, newest first, with their bodies parsed."""
        entries = self._lists[name]
        return [_readable(entries[-i]) for i in range(1, min(count, len(entries)) + 1)]

    def clear(self) -> None:
        """Empties every list and sets the counts back."""
        self.counts.clear()
        for entries in self._lists.values():
            entries.clear()

    async def show(self, _: web.Request) -> web.Response:
        """``GET /ledger``."""
        return json_answer({name: [_readable(e) for e in self._lists[name]] for name in LISTS})

    async def empty(self, _: web.Request) -> web.Response:
        """``DELETE /ledger``."""
        self.clear()
        return web.Response(status=204)

    def routes(self) -> list[web.RouteDef]:
        """The ledger's addresses."""
        return [web.get("/ledger", self.show), web.delete("/ledger", self.empty)]


def _readable(entry: dict[str, Any]) -> dict[str, Any]:
    # Bodies are kept as bytes and parsed only here: a benchmark writes far more than it reads.
    return {**entry, "body": _parsed(entry["body"], entry["headers"].get("Content-Type", ""))}


def _parsed(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    text = raw.decode("utf-8", "replace")
    if content_type.startswith(FORM):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
