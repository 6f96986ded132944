"""The reference shipping provider: takes parcels (C1), then posts signed events (C2)."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from standardwebhooks import Webhook

from sandbox import reports
from sandbox.carriers.shipment_rules import violation_of
from sandbox.config import Config
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.pages import page
from sandbox.posting import Post, Poster
from sandbox.wire import Names, digest, has_bearer, json_answer, json_object

STOP_STATUSES = {
    "collection": "waiting-for-collection",
    "transit": "in-transit",
    "failed": "failed-to-deliver",
    "delivered": "delivered",
    reports.CUSTOMS: "customs-hold",
    reports.RETURNED: "returned-to-sender",
}
COLLECTED = {word for stop, word in STOP_STATUSES.items() if stop != "collection"}
EVENTS_PATH = "/api/v1/webhooks/shipping/reference/"


@dataclass(slots=True, eq=False)
class Parcel:
    """One accepted shipment and where it is."""

    order_id: str
    key: str
    body: bytes
    shipment_id: str
    tracking_number: str
    route: tuple[str, ...]
    fault: str = ""  # of its events
    status: str = "accepted"
    history: list[tuple[str, str]] = field(default_factory=list)
    latest: datetime = datetime.min  # noqa: DTZ901 - wall clock of the provider


class Provider:
    """The provider's addresses and its memory of parcels, bounded by ``config.keep``."""

    def __init__(self, config: Config, ledger: Ledger, poster: Poster, faults: Faults) -> None:
        self._config = config
        self._ledger = ledger
        self._poster = poster
        self._faults = faults
        self._names = Names(config.seed)
        secret = config.reference_provider_secret
        self._signer = Webhook(secret) if secret.startswith("whsec_") else None
        self._parcels: dict[str, Parcel] = {}
        self._by_key: dict[str, Parcel] = {}
        self._by_tracking: dict[str, Parcel] = {}

    def routes(self) -> list[web.RouteDef]:
        """The provider's addresses."""
        return [
            web.post("/provider/shipments", self.create),
            web.get("/provider/shipments/{order_id}", self.look_up),
            web.post("/provider/shipments/{order_id}/cancel", self.cancel),
            web.get("/provider/track/{number}", self.track),
        ]

    def forget(self) -> None:
        """Forgets every parcel. Their events stop with ``Poster.forget``."""
        for memory in (self._parcels, self._by_key, self._by_tracking):
            memory.clear()

    async def create(self, request: web.Request) -> web.Response:
        """``POST /provider/shipments``."""
        raw = await request.read()
        authorized = has_bearer(request, self._config.reference_provider_secret)
        answer, replay = self._accept(request, raw) if authorized else (_unauthorized(), False)
        self._ledger.add(
            "shipments", request, raw, answer.status, authorized=authorized, replay=replay
        )
        return answer

    def _accept(self, request: web.Request, raw: bytes) -> tuple[web.Response, bool]:
        """The answer, and whether it repeats an earlier one.

        A key is bound by an acceptance only: a request refused with 422 may come again, mended,
        under the same key.
        """
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return _error(400, "key_required", "The header Idempotency-Key is missing."), False
        body = json_object(raw)
        if body is None or request.content_type != "application/json":
            return _error(400, "bad_json", "The body must be one JSON object."), False
        known = self._by_key.get(key)
        if known:
            return self._repeat(known, raw, body)
        violation = violation_of(body)
        if violation:
            return json_answer({"error": violation._asdict()}, 422), False
        if body["order_id"] in self._parcels:
            message = "This order_id was accepted already, under another key."
            return _error(409, "duplicate_order", message, "order_id"), False
        return json_answer(self._shape(self._take(key, raw, body["order_id"])), 201), False

    def _repeat(self, known: Parcel, raw: bytes, body: dict[str, Any]) -> tuple[web.Response, bool]:
        if raw != known.body and body != json.loads(known.body):
            message = "This key was used already, with another body."
            return _error(409, "key_reused", message), False
        return json_answer(self._shape(known, "accepted"), 201), True

    def _take(self, key: str, raw: bytes, order_id: str) -> Parcel:
        mark = digest(f"{self._config.seed}:{order_id}")
        bumpy = int(mark[:8], 16) / 0x1_0000_0000 < self._config.failing_share
        fault = self._faults.of_parcel("provider")
        parcel = Parcel(
            order_id=order_id,
            key=key,
            body=raw,
            shipment_id=f"sbx-{mark[:16]}",
            tracking_number=f"SBX{mark[16:28].upper()}",
            route=tuple(STOP_STATUSES[stop] for stop in reports.route(fault, bumpy=bumpy)),
            fault=fault,
        )
        if len(self._parcels) >= self._config.keep:
            self._drop(next(iter(self._parcels.values())))
        self._parcels[order_id] = self._by_key[key] = parcel
        self._by_tracking[parcel.tracking_number] = parcel
        if self._config.events:
            self._poster.later(self._config.event_pause, lambda: self._travel(parcel))
        return parcel

    def _drop(self, parcel: Parcel) -> None:
        del self._parcels[parcel.order_id], self._by_key[parcel.key]
        del self._by_tracking[parcel.tracking_number]

    async def look_up(self, request: web.Request) -> web.Response:
        """``GET /provider/shipments/{order_id}``."""
        return self._about_one(request, "look-up", lambda parcel: json_answer(self._shape(parcel)))

    async def cancel(self, request: web.Request) -> web.Response:
        """``POST /provider/shipments/{order_id}/cancel``: until the carrier has collected it."""
        await request.read()
        return self._about_one(request, "cancel", self._cancelled)

    def _about_one(self, request: web.Request, action: str, answer_for: Any) -> web.Response:
        authorized = has_bearer(request, self._config.reference_provider_secret)
        parcel = self._parcels.get(request.match_info["order_id"])
        if not authorized:
            answer = _unauthorized()
        elif parcel is None:
            answer = _error(404, "not_found", "No shipment has this order_id.", "order_id")
        else:
            answer = answer_for(parcel)
        self._ledger.add("other", request, b"", answer.status, authorized=authorized, action=action)
        return answer

    def _cancelled(self, parcel: Parcel) -> web.Response:
        if parcel.status in COLLECTED:
            return _error(409, "already_collected", "The carrier has collected this shipment.")
        parcel.status = "cancelled"
        return json_answer(self._shape(parcel))

    def _shape(self, parcel: Parcel, status: str = "") -> dict[str, str]:
        return {
            "shipment_id": parcel.shipment_id,
            "order_id": parcel.order_id,
            "tracking_number": parcel.tracking_number,
            "tracking_url": f"{self._config.base_url}/provider/track/{parcel.tracking_number}",
            "status": status or parcel.status,
        }

    def _travel(self, parcel: Parcel) -> None:
        """Moves a parcel one step and posts it; the next step follows when that is settled."""
        step = len(parcel.history)
        if parcel.status == "cancelled" or step == len(parcel.route):
            return
        parcel.status = parcel.route[step]
        parcel.latest = self._event_time(parcel)
        local = parcel.latest.replace(tzinfo=ZoneInfo(self._config.provider_zone))
        event = {
            "order_id": reports.reference(parcel.fault, parcel.order_id),
            "event_name": parcel.status,
            "event_time": reports.written(parcel.fault, step + 1, local, "%Y-%m-%d %H:%M:%S"),
        }
        parcel.history.append((event["event_name"], event["event_time"]))
        body = json.dumps(event)
        name = f"msg_{self._names.next()}"
        self._poster.post(
            Post(
                what="shipping event",
                path=EVENTS_PATH,
                body=body.encode(),
                headers=lambda: self._signed(name, body),
                done=lambda: self._poster.later(
                    self._config.event_pause, lambda: self._travel(parcel)
                ),
            )
        )

    def _event_time(self, parcel: Parcel) -> datetime:
        """Now in the provider's zone, to the second, later than the parcel's last event."""
        now = datetime.now(ZoneInfo(self._config.provider_zone)).replace(tzinfo=None, microsecond=0)
        if not parcel.history:
            return now
        return max(now, parcel.latest + timedelta(seconds=1))

    def _signed(self, name: str, body: str) -> dict[str, str]:
        """A secret of another form than Standard Webhooks' is sent as it is: nothing signs."""
        headers = {"Content-Type": "application/json"}
        if self._signer is None:
            bearer = f"Bearer {self._config.reference_provider_secret}"
            return headers | {"Authorization": bearer}
        now = datetime.now(UTC)
        return headers | {
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(name, now, body),
        }

    async def track(self, request: web.Request) -> web.Response:
        """``GET /provider/track/{number}``: the page a customer is sent to."""
        parcel = self._by_tracking.get(request.match_info["number"])
        if parcel is None:
            raise web.HTTPNotFound(text="No parcel has this tracking number.")
        rows = "".join(f"<li>{escape(time)}: {escape(name)}</li>" for name, time in parcel.history)
        number = escape(parcel.tracking_number)
        return page(f"Parcel {number}", f"<p>{escape(parcel.status)}</p><ol>{rows}</ol>")


def _unauthorized() -> web.Response:
    return _error(401, "unauthorized", "A valid bearer token is needed.")


def _error(status: int, code: str, message: str, field: str | None = None) -> web.Response:
    return json_answer({"error": {"code": code, "field": field, "message": message}}, status)
