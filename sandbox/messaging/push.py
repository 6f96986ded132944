"""A push service and the devices it serves: decrypts what it gets and shows it in the ledger.

``POST /push/subscriptions`` gives what a browser would (``PushSubscription.toJSON()``). A message
to a device that was removed, or never was, is answered 410. Encryption (RFC 8291), signature
(RFC 8292) and headers (RFC 8030) are checked as a strict service would.
"""

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from sandbox.config import Config
from sandbox.ledger import Ledger
from sandbox.wire import Names, json_answer

LARGEST = 4096
LONGEST_SIGNATURE = 24 * 3600


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Device:
    """A browser's keys."""

    auth: bytes
    key: Any = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def described(self, endpoint: str) -> dict[str, Any]:
        """As ``PushSubscription.toJSON()`` has it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self.auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}


class PushService:
    """Devices by name, and the address at which each takes messages."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        self._config, self._ledger = config, ledger
        self._names = Names(config.seed)
        self._devices: dict[str, Device] = {}

    def forget(self) -> None:
        """Remove every device."""
        self._devices.clear()

    def routes(self) -> list[web.RouteDef]:
        """The service's addresses."""
        return [
            web.post("/push/subscriptions", self.subscribe),
            web.post("/push/to/{device}", self.take),
            web.delete("/push/to/{device}", self.remove),
        ]

    async def subscribe(self, _: web.Request) -> web.Response:
        """``POST /push/subscriptions``."""
        name = self._names.next()
        device = self._devices[name] = Device(bytes.fromhex(self._names.next()))
        return json_answer(device.described(f"{self._config.base_url}/push/to/{name}"), 201)

    async def remove(self, request: web.Request) -> web.Response:
        """``DELETE /push/to/{device}``."""
        self._devices.pop(request.match_info["device"], None)
        return web.Response(status=204)

    async def take(self, request: web.Request) -> web.Response:
        """``POST /push/to/{device}``."""
        raw, name = await request.read(), request.match_info["device"]
        device = self._devices.get(name)
        message: dict[str, Any] = {}
        problem = self._problem(request, raw) or ((410, "gone") if device is None else None)
        if not problem and device:
            message, problem = _opened(raw, device)
        status, text = problem or (201, "")
        self._ledger.add(
            "push",
            request,
            b"",  # what it says stands beside it, decrypted
            status,
            provider="webpush",
            authorized=status != 401,
            recipient=name,
            message=message.get("body"),
            title=message.get("title"),
        )
        headers = {} if problem else {"Location": f"/push/m/{self._names.next()}"}
        return web.Response(status=status, text=text, headers=headers)

    def _problem(self, request: web.Request, raw: bytes) -> tuple[int, str] | None:
        if not self._is_signed(request.headers.get("Authorization", "")):
            return 401, "a signature (RFC 8292) for this service is needed"
        if not request.headers.get("TTL", "").isdigit():
            return 400, "TTL is needed (RFC 8030, 5.2)"
        if request.headers.get("Content-Encoding") != "aes128gcm":
            return 415, "the encoding must be aes128gcm (RFC 8291)"
        return (413, "too large") if len(raw) > LARGEST else None

    def _is_signed(self, given: str) -> bool:
        try:
            claims = json.loads(_raw(given.split(" t=", 1)[1].split(".")[1]))
            good = given.lower().startswith("vapid ") and Vapid02.verify(given)
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            return False
        left = claims.get("exp", 0) - time.time()
        return (
            bool(good)
            and claims.get("aud") == self._config.base_url
            and (0 < left <= LONGEST_SIGNATURE)
        )


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def _opened(raw: bytes, device: Device) -> tuple[dict[str, Any], tuple[int, str] | None]:
    """What the message says, or the refusal of one that this device cannot read."""
    try:
        text = http_ece.decrypt(
            raw, private_key=device.key, auth_secret=device.auth, version="aes128gcm"
        )
        message = json.loads(text)
    except (http_ece.ECEException, ValueError):
        return {}, (400, "not encrypted to this device")
    return (message if isinstance(message, dict) else {"body": message}), None
