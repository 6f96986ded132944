"""Swiftparcel: JSON of its own under an API key; signs its webhooks; answers no questions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from sandbox import reports
from sandbox.carriers.parcels import Carrier, Parcel
from sandbox.wire import json_answer, json_object, same

STATES = {
    "collection": "booked",
    "transit": "en_route",
    "failed": "attempted",
    "delivered": "handed_over",
    reports.CUSTOMS: "customs_hold",
    reports.RETURNED: "returned",
}


class Swiftparcel(Carrier):
    """Its one address, below `/swiftparcel`."""

    name = "swiftparcel"

    def routes(self) -> list[web.RouteDef]:
        """Create, and nothing else."""
        return [web.post("/swiftparcel/parcels", self.create)]

    async def create(self, request: web.Request) -> web.Response:
        """`POST` of a parcel."""
        raw = await request.read()
        authorized = same(request.headers.get("X-Api-Key", ""), self.config.swiftparcel_api_key)
        about = _about(raw)
        if not authorized:
            answer = json_answer({"problem": "who are you?"}, 401)
        elif not about:
            answer = json_answer({"problem": "that is no parcel"}, 400)
        else:
            answer = self._taken(str(about["order_id"]))
        self.ledger.add(
            "shipments",
            request,
            raw,
            answer.status,
            authorized=authorized,
            carrier=self.name,
            **about,
        )
        return answer

    def _taken(self, reference: str) -> web.Response:
        label = self.take(reference).label
        tracking = {"code": label, "link": f"{self.config.base_url}/provider/track/{label}"}
        return json_answer({"data": {"id": label, "tracking": tracking}}, 201)

    def event(self, parcel: Parcel) -> tuple[bytes, Callable[[], dict[str, str]]]:
        """A signed event with its time in UTC."""
        name = reports.event_id(parcel.fault, parcel.stops, f"evt_{self.new_name()}")
        ref = reports.reference(parcel.fault, parcel.reference)
        about = {"ref": ref, "state": STATES[parcel.status]}
        form = "%Y-%m-%dT%H:%M:%SZ"
        about["occurred_at"] = reports.written(parcel.fault, parcel.stops, parcel.latest, form)
        body = json.dumps({"id": name, "type": "parcel.moved", "data": about})
        return body.encode(), lambda: self._signed(name, body)

    def _signed(self, name: str, body: str) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.config.swiftparcel_secret).sign(name, now, body),
        }


def _about(raw: bytes) -> dict[str, Any]:
    """Reference and town of a parcel; empty when it is none that can be carried."""
    body = json_object(raw) or {}
    parcel, to = body.get("parcel"), body.get("to")
    if not isinstance(parcel, dict) or not isinstance(to, dict):
        return {}
    whole = all(to.get(name) for name in ("name", "lines", "locality", "country"))
    fits = parcel.get("speed") in {"economy", "priority"} and parcel.get("your_reference")
    return {"order_id": parcel["your_reference"], "city": to["locality"]} if whole and fits else {}
