"""Postmark, for the big e-mail services: takes messages, and posts what became of them.

Addresses with these beginnings are not ordinary:

| begins with | what happens |
|---|---|
| ``inactive`` | refused with 422, error 406: it has bounced before |
| ``bounce`` | accepted; the event says HardBounce |
| ``soft`` | accepted; the event says SoftBounce |
| ``spam`` | accepted and delivered; then the recipient complains |
"""

import base64
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.config import Config
from sandbox.ledger import Ledger
from sandbox.posting import Post, Poster
from sandbox.wire import Names, json_answer, json_object, same

BOUNCE, SOFT, SPAM = "HardBounce", "SoftBounce", "SpamComplaint"
EVENTS: dict[str, Sequence[str]] = {
    "bounce": (BOUNCE,),
    "soft": (SOFT,),
    "spam": ("Delivery", SPAM),
}


class Postmark:
    """``POST /postmark/email``."""

    def __init__(self, config: Config, ledger: Ledger, poster: Poster) -> None:
        self._config, self._ledger, self._poster = config, ledger, poster
        self._names = Names(config.seed)

    def routes(self) -> list[web.RouteDef]:
        """The API's addresses."""
        return [web.post("/postmark/email", self.send)]

    async def send(self, request: web.Request) -> web.Response:
        """``POST /postmark/email``."""
        raw = await request.read()
        token = request.headers.get("X-Postmark-Server-Token", "")
        authorized = same(token, self._config.postmark_server_token)
        body = json_object(raw) or {}
        to = str(body.get("To", ""))
        status, reply = self._answer(authorized, body, to)
        self._ledger.add(
            "email",
            request,
            raw,
            status,
            provider="postmark",
            authorized=authorized,
            recipient=to,
            message=body.get("TextBody"),
            subject=body.get("Subject"),
            messageId=reply.get("MessageID"),
        )
        if status == 200 and self._config.reports:
            kinds = next((k for begin, k in EVENTS.items() if to.startswith(begin)), ("Delivery",))
            self._later(reply["MessageID"], to, kinds)
        return json_answer(reply, status)

    def _answer(
        self, authorized: bool, body: dict[str, Any], to: str
    ) -> tuple[int, dict[str, Any]]:
        if not authorized:
            return 401, {"ErrorCode": 10, "Message": "Bad or missing Server API token."}
        if not to or not body.get("From") or not body.get("TextBody"):
            return 422, {"ErrorCode": 300, "Message": "Invalid email request."}
        if to.startswith("inactive"):
            text = "You tried to send to recipients that have been marked as inactive.\nFound "
            text += f"inactive addresses: {to.lower()}.\nInactive recipients are ones that have "
            return 422, {"ErrorCode": 406, "Message": text + "generated a hard bounce."}
        name = self._names.next()
        return 200, {"To": to, "MessageID": name, "ErrorCode": 0, "Message": "OK"}

    def _later(self, name: str, to: str, kinds: Sequence[str]) -> None:
        if kinds:
            pause = self._config.event_pause
            self._poster.later(pause, lambda: self._post(name, to, kinds))

    def _post(self, name: str, to: str, kinds: Sequence[str]) -> None:
        pair = base64.b64encode(self._config.email_webhook_secret.encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {pair}"}
        self._poster.post(
            Post(
                what="e-mail event",
                path="/api/v1/webhooks/email/postmark/",
                body=json.dumps(_event(name, to, kinds[0])).encode(),
                headers=lambda: headers,
                done=lambda: self._later(name, to, kinds[1:]),
            )
        )


def _event(name: str, to: str, kind: str) -> dict[str, Any]:
    """As Postmark's webhooks have it."""
    common = {"MessageID": name, "Metadata": {}, "MessageStream": "outbound"}
    if kind == "Delivery":
        at = "2026-01-01T12:00:00Z"
        return common | {"RecordType": kind, "Recipient": to, "DeliveredAt": at}
    record = kind if kind == SPAM else "Bounce"
    inactive = kind != SOFT
    return common | {
        "RecordType": record,
        "Type": kind,
        "ID": 42,
        "Email": to,
        "Inactive": inactive,
        "BouncedAt": "2026-01-01T12:00:00Z",
    }
