"""Web Push: to the device on which a customer was last seen, by its browser's own push service.

Encrypted to the device (RFC 8291), signed by us (VAPID, RFC 8292). No service of ours is in
between: the address is the device's, so each message goes wherever its browser comes from.
"""

import json
from functools import lru_cache

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.conf import settings
from py_vapid import Vapid02

from core.database import clock
from core.http import Done, Limits, Outcome, Permanent, Request, Response, Unknown, error_outcome
from notifications.channels import INVALID_RECIPIENT, Channel, Message
from notifications.channels.webpush.devices import (
    LATEST_DEVICES,
    PushSubscription,
    decoded,
    forget,
    latest_device,
    named,
    remember_latest,
    trusted,
)

LARGEST_TEXT = 3993  # bytes: what is left of the 4096 that every service takes (RFC 8291, 4)
KEPT_FOR = 3 * 24 * 3600  # seconds that a service keeps it for a device that is switched off
SIGNED_FOR = 12 * 3600  # seconds; at most a day (RFC 8292, 2)
EXPIRED_STATUSES = frozenset({404, 410})  # RFC 8030, 7.3


class WebPush:
    """Hands a message to the push service of the device."""

    name = "webpush"
    channel = "push"
    limits = Limits(concurrency=50)

    def request(self, message: Message) -> Request | Outcome:
        """The encrypted message. A device that is deleted, or a text too long, is refused here."""
        device = message.detail
        if not isinstance(device, PushSubscription):
            return Permanent("the device is gone", code=INVALID_RECIPIENT)
        content = {"title": message.subject or settings.PUSH_TITLE, "body": message.text}
        text = json.dumps(content, ensure_ascii=False).encode()
        if len(text) > LARGEST_TEXT:
            return Permanent("longer than a push message may be", code="too-long")
        headers = {
            "Authorization": _signed(device.origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_FOR),
        }
        guarded = not trusted(device.endpoint)
        return Request(
            "POST", device.endpoint, headers, _encrypted(text, device), public_only=guarded
        )

    def read(self, response: Response) -> Outcome:
        """Taken with any 2xx. After a 5xx nobody knows."""
        if response.status in EXPIRED_STATUSES:
            return Permanent(f"{response.status}, the device is gone", code=INVALID_RECIPIENT)
        refused = error_outcome(response, server_error=Unknown)
        location = response.headers.get("location", "")
        return refused or Done(location if len(location) <= 100 and location.isprintable() else "")


def _encrypted(text: bytes, device: PushSubscription) -> bytes:
    """Encrypted so that only the device can read it (RFC 8291)."""
    encrypted: bytes = http_ece.encrypt(
        text,
        private_key=generate_private_key(SECP256R1()),
        dh=decoded(device.p256dh, 65),
        auth_secret=decoded(device.auth, 16),
        version="aes128gcm",
    )
    return encrypted


def _signed(origin: str) -> str:
    hour = int(clock.seconds()) // 3600
    return _signature(origin, hour, settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT)


@lru_cache(maxsize=256)
def _signature(origin: str, hour: int, key: str, subject: str) -> str:
    """Who we are, for one push service; signed once an hour."""
    claims = {
        "aud": origin,
        "exp": hour * 3600 + SIGNED_FOR,
        "sub": subject,
    }
    signer = Vapid02.from_raw(key.encode())
    return str(signer.sign(claims)["Authorization"])


CHANNEL = Channel(
    name="push",
    label="push message",
    recipient=latest_device,
    missing="device that takes push messages",
    preference="PUSH_PROVIDER",
    rank=30,
    kept_apart=LATEST_DEVICES,
    remember=remember_latest,
    detail=named,
    forget=forget,
    visible_on_lock_screen=("subject", "text"),
)
TRANSPORTS = [WebPush()]
