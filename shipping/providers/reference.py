"""The reference provider: the contract of requirements C1 and C2.

Its answers are not part of that contract, so everything in them may be missing. Its webhooks are
signed by Standard Webhooks, or carry the secret as a bearer token. REFERENCE_PROVIDER_SECRET may
name several secrets, separated by commas: each is accepted, and the first one is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from core.http import Done, Limits, Outcome, Request, Response, Unknown, error_outcome
from orders.models import DeliveryService, OrderLine
from shipping.models import Shipment
from shipping.provider_api import formatting, parsing, signatures, times
from shipping.provider_api.base import Provider, TrackedEvent, Unreadable, WebhookValidationError
from shipping.states import RANKS

LONGEST = {"country": 2}
LONGEST_TEXT = 35
EXAMPLE = "2023-05-19 13:18:45"


class Reference(Provider):
    """Takes JSON, de-duplicates on the key, and can be asked by our reference."""

    name = "reference"
    limits = Limits(concurrency=50)
    is_idempotent = True
    supports_lookup = True
    supports_cancellation = True
    sends_webhooks = True
    needs = ("URL", "SECRET")
    # Its settings are older than the others', and named otherwise.
    settings_prefix = "REFERENCE_PROVIDER"

    def create(self, shipment: Shipment, lines: Sequence[OrderLine]) -> Request:
        """`POST` of the documented body, and nothing else in it."""
        body = {
            "order_id": formatting.fit("order_id", shipment.reference),
            "delivery_service": _service(shipment.delivery_service),
            "items": [_item(line) for line in lines] or formatting.refuse("items", "none"),
            "delivery_address": {
                name: formatting.fit(name, text, LONGEST.get(name, LONGEST_TEXT))
                for name, text in shipment.address().items()
            },
        }
        headers = {**self._credentials(), "Idempotency-Key": str(shipment.key)}
        url = self.typed_url or self.setting("URL")
        return Request.json("POST", url, body, headers, timeout=self.timeout)

    def read(self, response: Response) -> Outcome:
        """A conflict means that it has this order already: the look-up will say how."""
        if response.status == 409:
            return Unknown("it may have this order already: 409", response.excerpt)
        return error_outcome(response, server_error=Unknown) or _parcel(response)

    def look_up(self, reference: str) -> Request:
        """`GET` of our reference below the same address."""
        url = f"{self.url}/{quote(reference, safe='')}"
        return Request("GET", url, self._credentials(), timeout=self.timeout)

    def read_look_up(self, response: Response) -> Outcome | None:
        """404 means that it does not have it."""
        if response.status == 404:
            return None
        return error_outcome(response, server_error=Unknown) or _parcel(response)

    def tracking_status(self, response: Response) -> str:
        """Its `status`, in the words of its events."""
        status = str(response.json_object().get("status"))
        return status if status in RANKS else ""

    def cancel(self, shipment: Shipment) -> Request:
        """`POST` to `cancel` below our reference, until the carrier has collected it."""
        url = f"{self.url}/{quote(shipment.reference, safe='')}/cancel"
        headers = {**self._credentials(), "Idempotency-Key": f"cancel-{shipment.key}"}
        return Request("POST", url, headers, timeout=self.timeout)

    def read_cancel(self, response: Response) -> Outcome:
        """A conflict means that the carrier has it already; cancelling again changes nothing."""
        if refused := error_outcome(response, server_error=Unknown):
            return refused
        status = response.json_object().get("status")
        return Done() if status == "cancelled" else Unknown("it does not say that it is cancelled")

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """By the signature when there is one, else by the bearer secret."""
        if signatures.SIGNATURE in headers:
            genuine = signatures.is_signed(self.secrets("SECRET"), headers, body)
        else:
            genuine = signatures.has_bearer_secret(self.secrets("SECRET"), headers)
        if not genuine:
            raise WebhookValidationError("neither a valid signature nor the secret")

    def events(self, body: bytes) -> list[TrackedEvent | Unreadable]:
        """One event a webhook."""
        return parsing.each([parsing.json_object(body)], self.event, _hint)

    def event(self, raw: Mapping[str, Any]) -> TrackedEvent:
        """It has no id of its own, so its content is its id."""
        order_id = parsing.reference(raw, "order_id")
        name = parsing.status(raw, "event_name")
        state = parsing.raw_status(raw, "event_name")
        moment = times.moment(raw, "event_time", self.time_zone, EXAMPLE)
        local = parsing.text(raw, "event_time", times.LONGEST_TIME)
        event_id = f"{order_id} {name or state} {local}"
        return TrackedEvent(event_id, order_id, name, moment, raw, state)

    def _credentials(self) -> dict[str, str]:
        secret = next(iter(self.secrets("SECRET")), "")
        return {"Authorization": f"Bearer {secret}", "Accept": "application/json"}


def _hint(raw: Mapping[str, Any]) -> tuple[object, object]:
    return raw.get("order_id"), raw.get("event_name")


def _parcel(response: Response) -> Outcome:
    answer = response.json_object()
    return parsing.accepted(
        answer.get("shipment_id"), answer.get("tracking_number"), answer.get("tracking_url")
    )


def _service(name: str) -> str:
    offered = name in DeliveryService.values
    return name if offered else formatting.refuse("delivery_service", "not offered")


def _item(line: OrderLine) -> dict[str, Any]:
    item_id = formatting.fit("item_id", line.item_id)
    return {"item_id": item_id, "quantity": line.quantity, "weight": line.weight}


provider = Reference()
