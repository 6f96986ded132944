"""Northpost: takes XML under basic authentication, says no with a 200, reports in batches.

It makes a second parcel of a repeated request, as many real ones do.
"""

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, ParseError, tostring
from zoneinfo import ZoneInfo

from aiohttp import web
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sandbox import reports
from sandbox.carriers.parcels import Carrier, Parcel
from sandbox.wire import same

CODES = {"collection": "20", "transit": "30", "failed": "50", "delivered": "40"}
CODES |= {reports.CUSTOMS: "60", reports.RETURNED: "70"}  # which it has added since
FORM = "%d.%m.%Y %H:%M:%S"
LONGEST = {"name": 35, "street": 35, "extra": 35, "town": 35, "zip": 12}


class Northpost(Carrier):
    """Its addresses, below `/northpost`."""

    name = "northpost"

    def routes(self) -> list[web.RouteDef]:
        """Create, look up by our reference, cancel by its label."""
        return [
            web.post("/northpost/consignments", self.create),
            web.get("/northpost/consignments", self.look_up),
            web.delete("/northpost/consignments/{label}", self.cancel),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """`POST` of a consignment."""
        raw = await request.read()
        root, authorized = _read(raw), self._may(request)
        if not authorized:
            answer = web.Response(status=401, text="who are you?")
        elif root is None or (wrong := _wrong(root)):
            answer = _refused("A01" if root is None else wrong)
        else:
            answer = _answer(_shape(self.take(root.attrib["ref"])), 201)
        about = (
            {} if root is None else {"order_id": root.get("ref"), "city": root.findtext("to/town")}
        )
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

    async def look_up(self, request: web.Request) -> web.Response:
        """`GET` with `ref`: all that it took under it and that is not cancelled."""
        wanted = parse_qs(urlsplit(str(request.rel_url)).query).get("ref", [""])[0]
        consignments = Element("consignments")
        for parcel in self.parcels.values():
            if parcel.reference == wanted and parcel.status != "cancelled":
                consignments.append(_shape(parcel))
        return self._noted(request, _answer(consignments), "look-up")

    async def cancel(self, request: web.Request) -> web.Response:
        """`DELETE` of a label, until it is collected."""
        parcel = self.parcels.get(request.match_info["label"])
        if parcel is None or parcel.collected:
            return self._noted(request, _refused("C02" if parcel else "C01"), "cancel")
        parcel.status = "cancelled"
        return self._noted(request, _answer(Element("cancelled", label=parcel.label)), "cancel")

    def event(self, parcel: Parcel) -> tuple[bytes, Callable[[], dict[str, str]]]:
        """A batch of one, or of three when a bad one is ordered."""
        local = parcel.latest.astimezone(ZoneInfo(self.config.northpost_zone))
        events = Element("events")
        about = {
            "id": reports.event_id(parcel.fault, parcel.stops, self.new_name()),
            "ref": reports.reference(parcel.fault, parcel.reference),
            "label": parcel.label,
            "code": CODES[parcel.status],
            "at": reports.written(parcel.fault, parcel.stops, local, FORM),
        }
        events.append(Element("event", about))
        if parcel.fault == "bad_batch":
            new = {"id": self.new_name(), "code": CODES[reports.CUSTOMS]}
            events.insert(0, Element("event", about | new))
            events.append(Element("event", about | {"id": self.new_name(), "ref": ""}))
        secret = self.config.northpost_hook_secret
        headers = {"Content-Type": "application/xml", "Authorization": f"Bearer {secret}"}
        return tostring(events), lambda: headers

    def _noted(self, request: web.Request, answer: web.Response, action: str) -> web.Response:
        authorized = self._may(request)
        answer = answer if authorized else web.Response(status=401, text="who are you?")
        self.ledger.add("other", request, b"", answer.status, authorized=authorized, action=action)
        return answer

    def _may(self, request: web.Request) -> bool:
        login = b64encode(self.config.northpost_login.encode()).decode()
        return same(request.headers.get("Authorization", ""), f"Basic {login}")


def _read(raw: bytes) -> Element | None:
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _wrong(root: Element) -> str:
    """The code of the first rule that a consignment breaks; empty when it breaks none."""
    to = root.find("to")
    if root.tag != "consignment" or not root.get("ref") or to is None or not root.findall("piece"):
        return "A02"
    if root.get("service") not in {"N48", "N24"}:
        return "A03"
    if any(len(to.findtext(tag) or "") > longest for tag, longest in LONGEST.items()):
        return "A04"
    needed = all((to.findtext(tag) or "").strip() for tag in ("name", "street", "town"))
    return "" if needed and len(to.get("country", "")) == 2 else "A05"


def _shape(parcel: Parcel) -> Element:
    barcode = parcel.label.replace("-", "")
    return Element("consignment", ref=parcel.reference, label=parcel.label, barcode=barcode)


def _refused(code: str) -> web.Response:
    return _answer(Element("refused", code=code))


def _answer(root: Element, status: int = 200) -> web.Response:
    return web.Response(body=tostring(root), status=status, content_type="application/xml")
