"""Swiftparcel: JSON of its own, webhooks signed by Standard Webhooks.

Settings: SWIFTPARCEL_URL, SWIFTPARCEL_API_KEY and SWIFTPARCEL_SECRET (`whsec_…`,
several of them separated by commas while one replaces another).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.http import Limits, Outcome, Request, Response, Unknown, error_outcome
from orders.models import OrderLine
from shipping.models import Shipment
from shipping.provider_api import formatting, parsing, signatures, times
from shipping.provider_api.base import Provider, TrackedEvent, Unreadable, WebhookValidationError

SPEEDS = {"standard": "economy", "express": "priority"}
STATES = {
    "booked": "waiting-for-collection",
    "en_route": "in-transit",
    "attempted": "failed-to-deliver",
    "handed_over": "delivered",
}
LONGEST_NAME, LONGEST_CODE, LONGEST_TYPE = 40, 12, 50
OF_PARCELS, MOVED = "parcel.", "parcel.moved"


class Swiftparcel(Provider):
    """It knows no repeated request and answers no question: after a lost answer staff decide."""

    name = "swiftparcel"
    limits = Limits(concurrency=20)
    needs = ("URL", "API_KEY", "SECRET")
    sends_webhooks = True

    def create(self, shipment: Shipment, lines: Sequence[OrderLine]) -> Request:
        """A parcel. Its weight is grams, of all pieces together."""
        pieces = [_piece(line) for line in lines] or formatting.refuse("contents", "there are none")
        speed = SPEEDS.get(shipment.delivery_service) or formatting.refuse("speed", "unknown")
        body = {
            "parcel": {
                "your_reference": formatting.fit("your_reference", shipment.reference),
                "speed": speed,
                "grams": sum(line.quantity * line.weight for line in lines),
                "contents": pieces,
            },
            "to": {
                "name": formatting.fit("name", shipment.recipient, LONGEST_NAME),
                "lines": [
                    formatting.fit("lines", t) for t in (shipment.line_1, shipment.line_2) if t
                ],
                "locality": formatting.fit("locality", shipment.city),
                "postal_code": formatting.fit("postal_code", shipment.postcode, LONGEST_CODE)
                or None,
                "country": formatting.fit("country", shipment.country, 2),
            },
        }
        headers = {"X-Api-Key": self.setting("API_KEY"), "Idempotency-Key": str(shipment.key)}
        return Request.json("POST", f"{self.url}/parcels", body, headers, timeout=self.timeout)

    def read(self, response: Response) -> Outcome:
        """What it took has an id; without one nobody could ask for it."""
        if refused := error_outcome(response, server_error=Unknown):
            return refused
        answer = response.json_object()["data"]
        tracking = answer.get("tracking") or {}
        return parsing.accepted(str(answer["id"]), tracking.get("code"), tracking.get("link"))

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """By its signature over the raw body."""
        if not signatures.is_signed(self.secrets("SECRET"), headers, body):
            raise WebhookValidationError("no valid signature")

    def events(self, body: bytes) -> list[TrackedEvent | Unreadable]:
        """One event a webhook. What is not about a parcel is nothing to us."""
        webhook = parsing.json_object(body)
        about_parcels = parsing.text(webhook, "type", LONGEST_TYPE).startswith(OF_PARCELS)
        return parsing.each([webhook], self.event, _hint) if about_parcels else []

    def event(self, raw: Mapping[str, Any]) -> TrackedEvent:
        """A type that it has added since is an event of a status that we do not know."""
        about, kind = parsing.part(raw, "data"), parsing.text(raw, "type", LONGEST_TYPE)
        event_id, reference = parsing.text(raw, "id", 100), parsing.reference(about, "ref")
        time = times.moment(about, "occurred_at")
        if kind != MOVED:
            return TrackedEvent(event_id, reference, "", time, raw, kind)
        name, state = parsing.status(about, "state", STATES), parsing.raw_status(about, "state")
        return TrackedEvent(event_id, reference, name, time, raw, state)


def _hint(raw: Mapping[str, Any]) -> tuple[object, object]:
    about = raw.get("data")
    return (about.get("ref"), about.get("state")) if isinstance(about, dict) else ("", "")


def _piece(line: OrderLine) -> dict[str, object]:
    return {"sku": formatting.fit("sku", line.item_id), "count": line.quantity}


provider = Swiftparcel()
