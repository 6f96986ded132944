"""The few HTML pages people see, as small strings. Every value is escaped by who fills it in."""

from html import escape
from typing import Any

from aiohttp import web

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
  padding: 0 1rem; color: #1c2430; background: #fafbfc }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; background: #fff; font-size: .875rem }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #dde3ea;
  overflow-wrap: anywhere }
th { background: #eef2f6 } code { background: #eef2f6; padding: 0 .25rem }
button { font: inherit; display: block; width: 100%; max-width: 28rem; text-align: left;
  margin: .5rem 0; padding: .7rem 1rem; border: 1px solid #8a99ab; border-radius: .4rem;
  background: #fff; cursor: pointer }
button:hover, button:focus { background: #e8f0fe } .quiet { color: #55606e }
"""


def page(title: str, body: str, status: int = 200, refresh: int = 0) -> web.Response:
    """An HTML page; ``refresh`` in seconds makes it load itself again."""
    meta = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{meta}'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)


def table(caption: str, heads: list[str], rows: list[list[Any]]) -> str:
    """A table with every cell escaped."""
    if not rows:
        return f"<h2>{escape(caption)}</h2><p class=quiet>Nothing yet.</p>"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell_text(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f"<h2>{escape(caption)}</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _cell_text(cell: Any) -> str:
    return "" if cell is None else str(cell)


ADDRESSES = [
    ["GET, DELETE /ledger", "everything the sandbox was sent, as JSON"],
    ["GET, PUT, DELETE /faults", "make a part of this world fail, or a carrier report oddly"],
    ["GET /stats", "counts, and the most requests under way at once"],
    ["POST /reset", "forget everything: ledger, parcels, faults, events under way"],
    ["POST /provider/shipments", "the reference shipping provider; then events by webhook"],
    ["GET /provider/shipments/{order_id}", "look-up; …/cancel with POST cancels"],
    ["POST, GET, DELETE /northpost/consignments", "a provider that speaks XML; then events"],
    ["POST /swiftparcel/parcels", "a provider that signs its webhooks, and can do little else"],
    [
        "POST /laboratory/samples",
        "a laboratory: serial, name, birth_date, story; then results",
    ],
    ["POST /africastalking/version1/messaging", "Africa's Talking's SMS API"],
    ["POST /gateways/sms, /gateways/email", "the plain gateways"],
    ["POST /postmark/email", "Postmark, for the big e-mail services; then events by webhook"],
    ["POST /push/subscriptions", "a new device, as its browser would describe it"],
    ["DELETE /push/to/{device}", "removes it: messages to it are answered 410"],
    ["POST /push/to/{device}", "the push service (RFC 8030): decrypts what it gets"],
    ["GET /oidc/.well-known/openid-configuration", "the OpenID issuer"],
    ["POST /oidc/rotate", "a new signing key; the last one stays published"],
]


def home(ledger: Any, stats: dict[str, Any], web_url: str) -> web.Response:
    """What the sandbox is, its addresses, and the ledger's newest entries."""
    shipments = [_shipment_row(entry) for entry in ledger.latest("shipments", 50)]
    heads = ["Received", "By", "Recipient", "Message", "Answer", "Code"]
    counts = ", ".join(
        f"{name}: {ledger.counts[name]}" for name in ("shipments", "sms", "email", "push")
    )
    body = (
        "<p>A stand-in world on this machine: nothing that arrives here leaves it. "
        f"It works for <code>{escape(web_url)}</code>.</p>"
        f"<p><strong>Received</strong>: {counts}. <strong>Posted back</strong>: "
        f"{stats['posted']} events and reports, {stats['given_up']} given up.</p>"
        + table("Shipments", ["Received", "Order", "Service", "To", "Answer", "Remark"], shipments)
        + table("SMS", heads, [_message_row(e) for e in ledger.latest("sms", 50)])
        + table("Email", heads, [_message_row(e) for e in ledger.latest("email", 50)])
        + table("Push", heads, [_message_row(e) for e in ledger.latest("push", 50)])
        + table("Addresses", ["Address", "Is"], ADDRESSES)
    )
    return page("Dosette's sandbox", body, refresh=5)


def _shipment_row(entry: dict[str, Any]) -> list[Any]:
    body = entry["body"] if isinstance(entry["body"], dict) else {}
    address = body.get("delivery_address")
    city = address.get("city") if isinstance(address, dict) else entry.get("city")
    remark = "again, same key" if entry.get("replay") else entry.get("fault")
    service = body.get("delivery_service") or entry.get("carrier")
    order = body.get("order_id") or entry.get("order_id")
    return [_clock(entry), order, service, city, entry["status"], remark]


def _message_row(entry: dict[str, Any]) -> list[Any]:
    code = entry.get("statusCode") or entry.get("fault")
    names = ("provider", "recipient", "message", "status")
    return [_clock(entry), *(entry.get(name) for name in names), code]


def _clock(entry: dict[str, Any]) -> str:
    return str(entry["received_at"])[11:19] + " UTC"
