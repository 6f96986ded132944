"""Where browsers and apps take push messages: what a customer's devices have registered.

Every part comes from a browser, so nothing of it is trusted: see `check_endpoint`, and the address
guard that looks at each address again when something is sent there.
"""

import base64
import binascii
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from py_vapid import Vapid02

from core.database import clock
from core.http.ssrf_guard import why_blocked
from core.values.codes import random_code
from customers.models import Customer

LONGEST_ENDPOINT = 1000
MOST_DEVICES = 10
_PUBLIC_KEY, _AUTH = 65, 16  # bytes: RFC 8291, 2.1 and 3.2


def public_key() -> str:
    """Our key, as browsers want it: an uncompressed point in base64url."""
    signer = Vapid02.from_raw(settings.VAPID_PRIVATE_KEY.encode())
    point = signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def new_name() -> str:
    """What notifications call a device: with an endpoint from a list anybody could reach it."""
    return random_code("D", 20)


class PushSubscription(models.Model):
    """A customer's device, as its browser has described it (W3C Push API, `toJSON`)."""

    name = models.CharField(max_length=35, unique=True, default=new_name, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    endpoint = models.CharField(max_length=LONGEST_ENDPOINT, unique=True)
    p256dh = models.CharField(max_length=90, help_text="The device's public key.")
    auth = models.CharField(max_length=30, help_text="The device's secret.")
    expires_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = "device"
        indexes = [models.Index(fields=["customer", "-confirmed_at"], name="device_by_customer")]

    def __str__(self) -> str:
        return self.name

    @property
    def service(self) -> str:
        """The push service's host."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme, host and port of the endpoint: what a signature is made for (RFC 8292, 2)."""
        return origin_of(self.endpoint)


def origin_of(endpoint: str) -> str:
    """Scheme, host and port; "" when it is no address."""
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def trusted(endpoint: str) -> bool:
    """Whether it is a service of ours, such as the sandbox: then it may be on this machine."""
    return origin_of(endpoint) in settings.PUSH_TRUSTED_ORIGINS


def check_endpoint(endpoint: str) -> None:
    """Raise ValidationError for what is no https address of a push service on the internet."""
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise ValidationError("This is not an address.", "invalid")
    try:
        parts = urlsplit(endpoint)
        plain = bool(parts.hostname) and not parts.fragment and parts.port != 0
        numeric = _is_numeric(parts.hostname or "")
    except ValueError:
        plain = numeric = False
    why = "not an address" if not plain else why_blocked(endpoint)
    why = why or ("a host by its name only" if numeric else None)
    if why and not trusted(endpoint):
        raise ValidationError(f"This cannot be a push service's address: {why}.", "invalid")


def _is_numeric(host: str) -> bool:
    """No push service is an address in figures; the last part of a name is never one (RFC 1123)."""
    return ":" in host or host.rpartition(".")[2].isdigit() or "." not in host


def check_public_key(text: str) -> None:
    """Raise ValidationError unless it is an uncompressed point of P-256 in base64url."""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decoded(text, _PUBLIC_KEY))
    except ValueError:
        raise ValidationError(
            "This is not a public key of P-256 in base64url.", "invalid"
        ) from None


def check_auth(text: str) -> None:
    """Raise ValidationError unless it is 16 bytes in base64url."""
    try:
        decoded(text, _AUTH)
    except ValueError:
        raise ValidationError("This is not a secret of 16 bytes in base64url.", "invalid") from None


def decoded(text: str, length: int) -> bytes:
    """The bytes in base64url, with or without padding. Raises ValueError for another length."""
    try:
        bare = text.rstrip("=").encode("ascii")
        raw = base64.b64decode(bare + b"=" * (-len(bare) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64url") from None
    if len(raw) != length:
        raise ValueError("another length")
    return raw


@transaction.atomic
def register(
    customer: Customer, endpoint: str, p256dh: str, auth: str, expires_at: datetime | None = None
) -> PushSubscription:
    """Keep a customer's device; registered again, it is confirmed, and belongs to who did so last.

    Of a customer's devices the ten that were confirmed last are kept.
    """
    now = clock.now()
    row, _ = PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "customer": customer,
            "p256dh": p256dh,
            "auth": auth,
            "expires_at": expires_at,
            "confirmed_at": now,
        },
    )
    kept = PushSubscription.objects.filter(customer=customer).order_by("-confirmed_at", "-id")
    old = list(kept.values_list("pk", flat=True)[MOST_DEVICES:])
    PushSubscription.objects.filter(pk__in=old).delete()
    return row


def forget(name: str) -> bool:
    """Delete a device that its push service calls expired. Whether we had it."""
    return bool(PushSubscription.objects.filter(name=name).delete()[0])


def named(name: str) -> PushSubscription | None:
    """The device of this name; None when it is deleted."""
    return PushSubscription.objects.filter(name=name).first()


def latest_device(customer: Customer) -> str:
    """The name of the device that was confirmed last and has not run out; "" for a customer without
    any."""
    if (known := vars(customer).get("_latest_device")) is None:
        with connection.cursor() as cursor:
            cursor.execute(LATEST_DEVICES, {"customers": [customer.pk], "now": clock.now()})
            row = cursor.fetchone()
        return str(row[1]) if row else ""
    return str(known)


def remember_latest(customer: Customer, name: str) -> None:
    """Let `latest_device` answer without asking; "" where somebody saw that there is none."""
    vars(customer)["_latest_device"] = name


# Of many customers in one statement.
LATEST_DEVICES = """
SELECT DISTINCT ON (customer_id) customer_id, name AS address
FROM notifications_pushsubscription
WHERE customer_id = ANY(%(customers)s) AND coalesce(expires_at > %(now)s, true)
ORDER BY customer_id, confirmed_at DESC, id DESC
"""
