"""Faults on order: what each part of the world does wrong, to which requests, how often.

``PUT /faults`` takes ``{"provider": {"mode": "garbled", "times": 2}, …}``; a part not named
keeps what it has, ``null`` mends it. Parts: provider, northpost, swiftparcel, africastalking,
gateways, postmark, push, oidc.

| mode | what the caller meets | work done? |
|---|---|---|
| ``refuse`` | the connection closes without an answer | no, and not in the ledger |
| ``status`` (or only ``"status": 503``) | that status | no |
| ``redirect`` | a 302 to ``/elsewhere``, where a visit goes to the ledger's ``other`` | no |
| ``status_after_accept`` | that status | yes |
| ``timeout_after_accept`` | silence until it goes away, or for ``hang_seconds`` | yes |
| ``close_after_accept`` | the connection closes without an answer | yes |
| ``garbled`` | the first half of the answer | yes |
| ``wrong_type`` | an HTML page with status 200 | yes |
| ``huge`` | an endless body | yes |
| ``slow`` | the answer, a byte a second (``byte_seconds``) | yes |

What carriers do wrong in their webhooks is in reports.py: ``{"provider": {"events": "silent"}}``.

``share`` (with ``seed``), ``times``, ``method`` and ``path`` (a part of it) choose the requests
that are hit. ``latency_ms`` delays the answer, not the work: of every request chosen by method
and path when there is a mode beside it, otherwise of those that are hit.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import Any

from aiohttp import web

from sandbox import reports
from sandbox.ledger import FAULT, Ledger
from sandbox.wire import json_answer, json_object

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TARGETS = (
    "provider",
    "northpost",
    "swiftparcel",
    "africastalking",
    "gateways",
    "postmark",
    "push",
    "oidc",
)
INSTEAD_OF_WORK = {"refuse", "status", "redirect"}
AFTER_WORK = {
    "status_after_accept",
    "timeout_after_accept",
    "close_after_accept",
    "garbled",
    "wrong_type",
    "huge",
    "slow",
}


@dataclass
class Fault:
    """What one part does wrong. ``times`` counts down; ``hits`` counts up."""

    mode: str = ""
    events: str = ""
    status: int = 0
    latency_ms: float = 0
    share: float = 1.0
    times: int | None = None
    method: str = ""
    path: str = ""
    seed: int = 0
    hang_seconds: float = 30.0
    byte_seconds: float = 1.0
    retry_after: int | None = None
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    @classmethod
    def of(cls, settings: Any, target: str) -> "Fault":
        """A fault from its JSON; raises ValueError with a sentence."""
        known = {f.name: f for f in fields(cls) if f.name not in ("hits", "dice")}
        if not isinstance(settings, dict) or not set(settings) <= set(known):
            raise ValueError(f"A fault is an object with some of: {', '.join(known)}.")
        for name, value in settings.items():
            kind = str if known[name].type is str else (int, float)
            if not isinstance(value, kind):
                raise ValueError(f"{name} is of the wrong type.")  # noqa: TRY004 - one kind of error for all
        fault = cls(**settings)
        if fault.status and not fault.mode:
            fault.mode = "status"
        if fault.mode not in {"", *INSTEAD_OF_WORK, *AFTER_WORK}:
            raise ValueError(f"Modes: {', '.join(sorted(INSTEAD_OF_WORK | AFTER_WORK))}.")
        if fault.events:
            reports.check(fault.events, fault.mode, target)
        if fault.mode.startswith("status") and not 200 <= fault.status <= 599:
            raise ValueError("The mode needs a status between 200 and 599.")
        fault.dice = random.Random(fault.seed)  # noqa: S311 - repeatable, not secret
        return fault

    def concerns(self, request: web.Request) -> bool:
        """Whether method and path are the ones meant."""
        return self.method in ("", request.method) and self.path in request.rel_url.raw_path

    def strikes(self) -> bool:
        """Whether the next request concerned is hit; counts it."""
        if self.times == 0 or (self.share < 1 and self.dice.random() >= self.share):
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        """The fault as JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "dice"}


class Faults:
    """The faults in force, and how many requests each part had under way at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._faults: dict[str, Fault] = {}
        self.in_flight: Counter[str] = Counter()
        self.peak: Counter[str] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """Where faults are set, and where the mode redirect leads."""
        return [
            web.get("/faults", self.show),
            web.put("/faults", self.put),
            web.delete("/faults", self.delete),
            web.route("*", "/elsewhere", self.elsewhere),
        ]

    def clear(self) -> None:
        """Mends everything and forgets the peaks."""
        self._faults.clear()
        self.peak.clear()

    def of_parcel(self, carrier: str) -> str:
        """What its webhooks will do wrong with the parcel that it takes now; mostly nothing."""
        fault = self._faults.get(carrier)
        return fault.events if fault and fault.events and fault.strikes() else ""

    async def show(self, _: web.Request) -> web.Response:
        """``GET /faults``."""
        return json_answer({target: fault.shown() for target, fault in self._faults.items()})

    async def put(self, request: web.Request) -> web.Response:
        """``PUT /faults``: all of it, or a 400 and nothing."""
        wanted = json_object(await request.read()) or {}
        if not set(wanted) <= set(TARGETS):
            return json_answer({"error": f"Parts: {', '.join(TARGETS)}."}, 400)
        try:
            faults = {
                name: settings and Fault.of(settings, name) for name, settings in wanted.items()
            }
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)
        self._faults = {n: f for n, f in {**self._faults, **faults}.items() if f}
        return await self.show(request)

    async def delete(self, _: web.Request) -> web.Response:
        """``DELETE /faults``."""
        self._faults.clear()
        return web.Response(status=204)

    async def elsewhere(self, request: web.Request) -> web.Response:
        """Where nobody should follow a redirect to. Says whether a secret came along."""
        raw = await request.read()
        carried = any(name in request.headers for name in ("Authorization", "apiKey", "X-Api-Key"))
        self._ledger.add("other", request, raw, 200, action="elsewhere", secret_sent=carried)
        return json_answer({"status": "you should not be here"})

    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer, spoilt as ordered."""
        target = request.rel_url.raw_path.split("/", 2)[1]
        if target not in TARGETS:
            return await handler(request)
        self.in_flight[target] += 1
        self.peak[target] = max(self.peak[target], self.in_flight[target])
        try:
            fault = self._faults.get(target)
            if fault is None or fault.events or not fault.concerns(request):
                return await handler(request)
            return await self._faulty(fault, request, handler)
        finally:
            self.in_flight[target] -= 1

    async def _faulty(
        self, fault: Fault, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        hit = fault.strikes()
        mode = fault.mode if hit else ""
        if mode:
            request[FAULT] = mode
        if mode == "refuse":
            return _hung_up(request)
        answer = await (
            self._refused(fault, request) if mode in INSTEAD_OF_WORK else handler(request)
        )
        if hit or fault.mode:
            await asyncio.sleep(fault.latency_ms / 1000)
        if mode in AFTER_WORK and isinstance(answer, web.Response):
            return await _spoilt(fault, request, answer)
        return answer

    async def _refused(self, fault: Fault, request: web.Request) -> web.Response:
        raw = await request.read()
        status = 302 if fault.mode == "redirect" else fault.status
        name = _ledger_list(request)
        if name:
            self._ledger.add(name, request, raw, status)
        if fault.mode == "redirect":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        return _plain_status(fault)


def _ledger_list(request: web.Request) -> str:
    """Where a refused request is written down; an issuer's nowhere: its body holds secrets."""
    path = request.rel_url.raw_path.rstrip("/")
    if request.method == "POST" and path in {"/northpost/consignments", "/swiftparcel/parcels"}:
        return "shipments"
    lists = {
        "/provider/shipments": "shipments",
        "/africastalking/version1/messaging": "sms",
        "/gateways/sms": "sms",
        "/gateways/email": "email",
        "/postmark/email": "email",
    }
    if path.startswith("/push/to/"):
        return "push"
    return "" if path.startswith("/oidc") else lists.get(path, "other")


def _plain_status(fault: Fault) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    body = {"error": {"code": "fault", "field": None, "message": "A fault was ordered."}}
    return json_answer(body, fault.status, headers)


def _hung_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # goes nowhere


async def _spoilt(fault: Fault, request: web.Request, answer: web.Response) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    match fault.mode:
        case "status_after_accept":
            return _plain_status(fault)
        case "timeout_after_accept":
            await asyncio.sleep(fault.hang_seconds)  # cancelled when the caller goes away
            return _hung_up(request)
        case "close_after_accept":
            return _hung_up(request)
        case "wrong_type":
            return web.Response(text="<h1>It works!</h1>", content_type="text/html")
        case "garbled":
            half = body[: len(body) // 2]
            return web.Response(
                body=half, status=answer.status, headers={"Content-Type": answer.content_type}
            )
        case "slow":
            return await _dripping(request, answer, body, fault.byte_seconds)
    return await _endless(request, answer)


async def _dripping(
    request: web.Request, answer: web.Response, body: bytes, pause: float
) -> web.StreamResponse:
    stream = web.StreamResponse(status=answer.status)
    stream.content_type = answer.content_type
    stream.content_length = len(body)
    with contextlib.suppress(ConnectionError):
        await stream.prepare(request)
        for byte in body:
            await stream.write(bytes([byte]))
            await asyncio.sleep(pause)
    return stream


async def _endless(request: web.Request, answer: web.Response) -> web.StreamResponse:
    stream = web.StreamResponse(status=answer.status)
    stream.content_type = answer.content_type
    with contextlib.suppress(ConnectionError):
        await stream.prepare(request)
        while True:
            await stream.write(b'{"endless": "' + b"a" * 65_536)
    return stream
