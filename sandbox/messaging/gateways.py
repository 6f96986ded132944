"""The plain SMS and email gateways (requirement A5)."""

import re
from typing import Any

from aiohttp import web

from sandbox.config import Config
from sandbox.ledger import Ledger
from sandbox.wire import Names, has_bearer, json_answer, json_object

RECIPIENTS = {
    "sms": re.compile(r"\+?\d{6,15}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
}


class Gateways:
    """Two addresses of one form, each with its own bearer token."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        self._tokens = {"sms": config.sms_gateway_token, "email": config.email_gateway_token}
        self._ledger = ledger
        self._names = Names(config.seed)

    def routes(self) -> list[web.RouteDef]:
        """The gateways' addresses."""
        return [web.post("/gateways/{kind:sms|email}", self.send)]

    async def send(self, request: web.Request) -> web.Response:
        """``POST /gateways/sms`` and ``POST /gateways/email``."""
        kind = request.match_info["kind"]
        raw = await request.read()
        authorized = has_bearer(request, self._tokens[kind])
        body = json_object(raw)
        problem = _problem(kind, body) if authorized else (401, "A valid bearer token is needed.")
        status, answer = problem or (202, f"gw-{self._names.next()}")
        self._ledger.add(
            kind,
            request,
            raw,
            status,
            provider="gateway",
            authorized=authorized,
            recipient=(body or {}).get("recipient"),
            message=(body or {}).get("message"),
        )
        if problem:
            return json_answer({"error": answer}, status)
        return json_answer({"status": "accepted", "id": answer}, status)


def _problem(kind: str, body: dict[str, Any] | None) -> tuple[int, str] | None:
    """The refusal of a body, without its values, or None."""
    if body is None:
        return 400, "The body must be one JSON object."
    if set(body) != {"recipient", "message"}:
        return 422, "The body must hold recipient and message, and nothing else."
    if not all(isinstance(value, str) and value.strip() for value in body.values()):
        return 422, "recipient and message must be strings and not empty."
    if not RECIPIENTS[kind].fullmatch(body["recipient"]):
        return 422, "The recipient is not one this gateway can reach."
    return None
