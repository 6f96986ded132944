"""Northpost: XML under basic authentication, its own codes and its own label reference.

Settings: NORTHPOST_URL, NORTHPOST_LOGIN (user:password), NORTHPOST_HOOK_SECRET
(the bearer secret of its webhooks) and NORTHPOST_TIME_ZONE (of the times in them).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from core import http
from core.http import Outcome, Permanent, Request, Response, Temporary, Unknown, error_outcome
from orders.models import OrderLine
from shipping.models import Shipment
from shipping.provider_api import formatting, parsing, signatures, times
from shipping.provider_api.base import Provider, TrackedEvent, Unreadable, WebhookValidationError

SERVICES = {"standard": "N48", "express": "N24"}
STATES = {
    "20": "waiting-for-collection",
    "30": "in-transit",
    "31": "in-transit",
    "40": "delivered",
    "50": "failed-to-deliver",
}
ADDRESS = {
    "name": "recipient",
    "street": "line_1",
    "extra": "line_2",
    "town": "city",
    "zip": "postcode",
}
LONGEST_ZIP = 12
FORM, EXAMPLE = "%d.%m.%Y %H:%M:%S", "19.05.2023 13:18:45"
BUSY, KNOWN = "T01", "D01"


class Northpost(Provider):
    """It makes a second parcel of a repeated request, so it is asked first."""

    name = "northpost"
    limits = http.Limits(concurrency=10, per_second=50)
    needs = ("URL", "LOGIN", "HOOK_SECRET")
    supports_lookup = supports_cancellation = sends_webhooks = True

    def create(self, shipment: Shipment, lines: Sequence[OrderLine]) -> Request:
        """One consignment. Weights are grams, of one piece."""
        service = SERVICES.get(shipment.delivery_service) or formatting.refuse("service", "unknown")
        ref = formatting.fit("ref", shipment.reference)
        root = Element("consignment", ref=ref, service=service)
        to = SubElement(root, "to", country=formatting.fit("country", shipment.country, 2))
        for tag, field in ADDRESS.items():
            longest = LONGEST_ZIP if tag == "zip" else formatting.LONGEST
            SubElement(to, tag).text = formatting.fit(tag, getattr(shipment, field), longest)
        for line in lines or formatting.refuse("piece", "there are none"):
            sizes = {"count": str(line.quantity), "grams": str(line.weight)}
            SubElement(root, "piece", {"sku": formatting.fit("sku", line.item_id)} | sizes)
        headers = {"Idempotency-Key": str(shipment.key), "Content-Type": "application/xml"}
        return self._request("POST", "consignments", headers, formatting.xml(root))

    def read(self, response: Response) -> Outcome:
        """It says no with a 200 and a code of its own."""
        return error_outcome(response, server_error=Unknown) or _accepted(parsing.xml(response))

    def look_up(self, reference: str) -> Request:
        """All consignments of one reference."""
        return self._request("GET", f"consignments?ref={quote(reference, safe='')}")

    def read_look_up(self, response: Response) -> Outcome | None:
        """An empty list, and nothing else, means that it has none."""
        if refused := error_outcome(response, server_error=Unknown):
            return refused
        root = parsing.xml(response)
        return None if root.tag == "consignments" and not len(root) else _accepted(root[0])

    def cancel(self, shipment: Shipment) -> Request:
        """`DELETE` of its own label: our reference means nothing here."""
        label = shipment.provider_reference or formatting.refuse("label", "it gave none")
        return self._request("DELETE", f"consignments/{quote(label, safe='')}")

    def read_cancel(self, response: Response) -> Outcome:
        """Only its own word for it is believed."""
        if refused := error_outcome(response, server_error=Unknown):
            return refused
        root = parsing.xml(response)
        return http.Done() if root.tag == "cancelled" else _refusal(root)

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """By the secret, compared in constant time."""
        if not signatures.has_bearer_secret(self.secrets("HOOK_SECRET"), headers):
            raise WebhookValidationError("not the secret")

    def events(self, body: bytes) -> list[TrackedEvent | Unreadable]:
        """Many events a webhook."""
        pieces = map(parsing.attributes, parsing.xml_body(body, "events"))
        return parsing.each(pieces, self.event, _hint)

    def event(self, raw: Mapping[str, Any]) -> TrackedEvent:
        """Its id is its own among those of one parcel."""
        event_id, reference = parsing.text(raw, "id", 100), parsing.reference(raw, "ref")
        time = times.local_time(raw, "at", FORM, EXAMPLE, self.time_zone)
        name, state = parsing.status(raw, "code", STATES), parsing.raw_status(raw, "code")
        return TrackedEvent(event_id, reference, name, time, raw, state)

    def _request(
        self, method: str, path: str, more: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Request:
        headers = {
            **formatting.basic(self.setting("LOGIN")),
            "Accept": "application/xml",
            **(more or {}),
        }
        return Request(method, f"{self.url}/{path}", headers, body, timeout=self.timeout)


def _hint(raw: Mapping[str, Any]) -> tuple[object, object]:
    return raw.get("ref"), raw.get("code")


def _accepted(root: Element) -> Outcome:
    if root.tag != "consignment":
        return _refusal(root)
    # Without a label nobody can ask what it accepted.
    return parsing.accepted(root.attrib["label"], root.get("barcode"), root.get("track"))


def _refusal(root: Element) -> Outcome:
    code = root.attrib["code"] if root.tag == "refused" else ""
    if not code:
        raise http.MalformedResponseError("an element that was not agreed")
    if code == BUSY:
        return Temporary(f"asked us to wait: {code}")
    return Unknown(f"it may have it: {code}") if code == KNOWN else _refused(code)


def _refused(code: str) -> Permanent:
    return Permanent(f"refused: {http.code_of(code) or 'in its own words'}", answer=code)


provider = Northpost()
