"""Africa's Talking's SMS API, with its traps, and the delivery reports it posts back.

Real-looking numbers are accepted. Numbers with these endings are not ordinary:

| ends in | what happens |
|---|---|
| 9 + a recipient code (9102, 9403, 9500, …) | that code; with 9409 also HTTP 409 |
| 9601, 9602, 9603, 9604 | accepted; the report says Failed, Rejected, AbsentSubscriber, Expired |
| 9605 | accepted; no report ever comes |
| 9606 | accepted; reported Success, then late again Sent (a status must not move back) |
"""

import re
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from aiohttp import web

from sandbox.config import Config
from sandbox.ledger import Ledger
from sandbox.posting import Post, Poster
from sandbox.wire import FORM, Names, form_of, json_answer, same

ACCEPTED = {100, 101, 102}
REJECTIONS = {
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
CODES_BY_ENDING = {f"9{code}": code for code in (*ACCEPTED, *REJECTIONS)}
REPORTS_BY_ENDING = {
    "9601": ("Sent", "Failed"),
    "9602": ("Sent", "Rejected"),
    "9603": ("Sent", "AbsentSubscriber"),
    "9604": ("Sent", "Expired"),
    "9605": (),
    "9606": ("Success", "Sent"),
}
ORDINARY_REPORTS = ("Sent", "Success")
FAILURE_REASONS = {"Failed": "DeliveryFailure", "Rejected": "UserInBlackList"}
PHONE = re.compile(r"\+[1-9]\d{7,14}")
PRICE = 0.8  # Kenyan shillings a message


class AfricasTalking:
    """The messaging endpoint."""

    def __init__(self, config: Config, ledger: Ledger, poster: Poster) -> None:
        self._config = config
        self._ledger = ledger
        self._poster = poster
        self._names = Names(config.seed)

    def routes(self) -> list[web.RouteDef]:
        """The API's addresses."""
        return [
            web.post("/africastalking/version1/messaging", self.send),
            web.get("/africastalking/version1/user", self.account),
        ]

    async def account(self, request: web.Request) -> web.Response:
        """``GET /africastalking/version1/user``: what is left on the account."""
        if not self._knows(request, dict(request.query)):
            return web.Response(status=401, text="The supplied authentication is invalid")
        return json_answer({"UserData": {"balance": self._config.africas_talking_balance}})

    async def send(self, request: web.Request) -> web.Response:
        """``POST /africastalking/version1/messaging``."""
        raw = await request.read()
        try:
            form = form_of(raw) if request.content_type == FORM else {}
        except ValueError:
            form = {}
        authorized = self._knows(request, form)
        refusal = _refusal(form) if authorized else (401, "The supplied authentication is invalid")
        if refusal:
            status, text = refusal
            self._note(request, raw, status, authorized, form, {"number": form.get("to", "")})
            return web.Response(status=status, text=text)
        return self._answer(request, raw, form)

    def _knows(self, request: web.Request, form: dict[str, str]) -> bool:
        key_fits = same(request.headers.get("apiKey", ""), self._config.africas_talking_api_key)
        # A form without a user name is told what is missing, not that the key is wrong.
        return key_fits and form.get("username", "") in ("", self._config.africas_talking_username)

    def _answer(self, request: web.Request, raw: bytes, form: dict[str, str]) -> web.Response:
        sender = form.get("from")
        if sender is not None and sender != self._config.africas_talking_sender_id:
            # The trap: a success that names no recipient.
            self._note(request, raw, 201, True, form, {"number": form["to"]})
            return _answer_as_asked(request, "InvalidSenderId", [], 201)
        recipients = [self._recipient(number, form) for number in form["to"].split(",")]
        status = 409 if any(r["statusCode"] == 409 for r in recipients) else 201
        for recipient in recipients:
            self._note(request, raw, status, True, form, recipient)
            self._plan_reports(recipient)
        taken = sum(r["statusCode"] in ACCEPTED for r in recipients)
        message = f"Sent to {taken}/{len(recipients)} Total Cost: KES {taken * PRICE:.4f}"
        return _answer_as_asked(request, message, recipients, status)

    def _recipient(self, number: str, form: dict[str, str]) -> dict[str, Any]:
        number = number.strip()
        ordinary = 102 if form.get("enqueue") == "1" else 101
        code = CODES_BY_ENDING.get(number[-4:], ordinary) if PHONE.fullmatch(number) else 403
        taken = code in ACCEPTED
        return {
            "statusCode": code,
            "number": number,
            "status": "Success" if taken else REJECTIONS[code],
            "cost": f"KES {PRICE:.4f}" if taken else "0",
            "messageId": f"ATXid_{self._names.next()}" if taken else "None",
        }

    def _note(
        self,
        request: web.Request,
        raw: bytes,
        status: int,
        authorized: bool,
        form: dict[str, str],
        recipient: dict[str, Any],
    ) -> None:
        self._ledger.add(
            "sms",
            request,
            raw,
            status,
            provider="africastalking",
            authorized=authorized,
            recipient=recipient["number"],
            message=form.get("message", ""),
            sender=form.get("from"),
            messageId=recipient.get("messageId"),
            statusCode=recipient.get("statusCode"),
        )

    def _plan_reports(self, recipient: dict[str, Any]) -> None:
        if self._config.reports and recipient["statusCode"] in ACCEPTED:
            reports = REPORTS_BY_ENDING.get(recipient["number"][-4:], ORDINARY_REPORTS)
            self._report_later(recipient, reports)

    def _report_later(self, recipient: dict[str, Any], statuses: tuple[str, ...]) -> None:
        if statuses:
            pause = self._config.event_pause
            self._poster.later(pause, lambda: self._report(recipient, statuses))

    def _report(self, recipient: dict[str, Any], statuses: tuple[str, ...]) -> None:
        form = {
            "id": recipient["messageId"],
            "status": statuses[0],
            "phoneNumber": recipient["number"],
            "networkCode": "63902",
            "retryCount": "0",
        }
        if statuses[0] in FAILURE_REASONS:
            form["failureReason"] = FAILURE_REASONS[statuses[0]]
        token = self._config.africas_talking_callback_token
        self._poster.post(
            Post(
                what="delivery report",
                path=f"/api/v1/webhooks/africastalking/{token}/delivery/",
                body=urlencode(form).encode(),
                headers=lambda: {"Content-Type": FORM},
                done=lambda: self._report_later(recipient, statuses[1:]),
            )
        )


def _refusal(form: dict[str, str]) -> tuple[int, str] | None:
    for name in ("username", "to", "message"):
        if not form.get(name):
            return 400, f"Request is missing required form field '{name}'"
    return None


def _answer_as_asked(
    request: web.Request, message: str, recipients: list[dict[str, Any]], status: int
) -> web.Response:
    """JSON for who asks for it by ``Accept``, otherwise XML: another trap."""
    if "application/json" in request.headers.get("Accept", ""):
        data = {"SMSMessageData": {"Message": message, "Recipients": recipients}}
        return json_answer(data, status)
    root = ET.Element("AfricasTalkingResponse")
    body = ET.SubElement(root, "SMSMessageData")
    ET.SubElement(body, "Message").text = message
    listed = ET.SubElement(body, "Recipients")
    for recipient in recipients:
        one = ET.SubElement(listed, "Recipient")
        for name, value in recipient.items():
            ET.SubElement(one, name).text = str(value)
    return web.Response(body=ET.tostring(root), status=status, content_type="application/xml")
