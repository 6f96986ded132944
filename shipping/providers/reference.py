"""The reference provider: the contract of requirements C1 and C2.

Its answers are not part of that contract, so everything in them may be missing. Its webhooks are
signed by Standard Webhooks, or carry the secret as a bearer token. REFERENCE_PROVIDER_SECRET may
name several secrets, separated by commas: each is accepted, and the first one is sent.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from core.http import Limits, Outcome, Request, Response, Unknown, refusal
from orders.models import DeliveryService, OrderLine
from shipping import authenticity, providers, reading
from shipping.models import Shipment
from shipping.providers import NotAuthentic, NotExpressible, TrackedEvent

LONGEST = {"country": 2}
LONGEST_TEXT = 35
EVENT_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


class Reference(providers.Provider):
    """Takes JSON, de-duplicates on the key, and can be asked by our reference."""

    name = "reference"
    limits = Limits(concurrency=50)
    deduplicates = True
    looks_up = True

    @property
    def time_zone(self) -> str:
        """A setting: the contract names no zone."""
        return str(settings.REFERENCE_PROVIDER_TIME_ZONE)

    def create(self, shipment: Shipment, lines: Sequence[OrderLine]) -> Request:
        """`POST` of the documented body, and nothing else in it."""
        body = {
            "order_id": _fit("order_id", shipment.reference),
            "delivery_service": _service(shipment.delivery_service),
            "items": [_item(line) for line in lines] or _refuse("items", "there are none"),
            "delivery_address": {k: _fit(k, v) for k, v in shipment.address().items()},
        }
        headers = {**_credentials(), "Idempotency-Key": str(shipment.key)}
        url = settings.REFERENCE_PROVIDER_URL
        return Request.json("POST", url, body, headers, timeout=self.timeout)

    def read(self, response: Response) -> Outcome:
        """A conflict means that it has this order already: the look-up will say how."""
        if response.status == 409:
            return Unknown(f"it may have this order already: 409 {response.beginning}")
        return refusal(response, server_error=Unknown) or _parcel(response)

    def look_up(self, reference: str) -> Request:
        """`GET` of our reference below the same address."""
        url = f"{settings.REFERENCE_PROVIDER_URL.rstrip('/')}/{quote(reference, safe='')}"
        return Request("GET", url, _credentials(), timeout=self.timeout)

    def read_look_up(self, response: Response) -> Outcome | None:
        """404 means that it does not have it."""
        if response.status == 404:
            return None
        return refusal(response, server_error=Unknown) or _parcel(response)

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """By the signature when there is one, else by the bearer secret."""
        if authenticity.SIGNATURE in headers:
            genuine = authenticity.is_signed(_secrets(), headers, body)
        else:
            genuine = authenticity.bears(_secrets(), headers)
        if not genuine:
            raise NotAuthentic("neither a valid signature nor the secret")

    def events(self, body: bytes) -> list[TrackedEvent]:
        """One event a webhook. It has no id of its own, so its content is its id."""
        said = reading.json_object(body)
        order_id = reading.text(said, "order_id", LONGEST_TEXT)
        name = reading.status(said, "event_name")
        local = reading.text(said, "event_time", LONGEST_TEXT)
        moment = reading.in_utc(_wall_clock(local), self.time_zone, "event_time")
        return [TrackedEvent(f"{order_id} {name} {local}", order_id, name, moment, said)]


def _secrets() -> list[str]:
    return [s.strip() for s in settings.REFERENCE_PROVIDER_SECRET.split(",") if s.strip()]


def _credentials() -> dict[str, str]:
    secret = next(iter(_secrets()), "")
    return {"Authorization": f"Bearer {secret}", "Accept": "application/json"}


def _parcel(response: Response) -> Outcome:
    said = response.json_object()
    return reading.taken(
        said.get("shipment_id"), said.get("tracking_number"), said.get("tracking_url")
    )


def _service(name: str) -> str:
    return name if name in DeliveryService.values else _refuse("delivery_service", "not offered")


def _item(line: OrderLine) -> dict[str, Any]:
    item_id = _fit("item_id", line.item_id)
    return {"item_id": item_id, "quantity": line.quantity, "weight": line.weight}


def _fit(field: str, text: str) -> str:
    longest = LONGEST.get(field, LONGEST_TEXT)
    return text if len(text) <= longest else _refuse(field, f"longer than {longest} characters")


def _refuse(field: str, why: str) -> Any:
    raise NotExpressible(f"{field}: {why}")


def _wall_clock(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text if EVENT_TIME.fullmatch(text) else "")
    except ValueError:
        raise reading.BadEvent("event_time", "Write it as 2023-05-19 13:18:45.") from None


provider = Reference()
