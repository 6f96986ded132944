"""The link by which somebody stops our e-mails, without signing in (RFC 8058).

Its token names a customer by key, a channel, and an address by a keyed digest: it holds no personal
data, cannot be guessed or changed, and never runs out, since an old e-mail must still be stoppable.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.crypto import salted_hmac

from customers.models import Customer
from notifications.channels import channels
from notifications.models import Notification

SALT = "notifications.unsubscribe"


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest:
    """The customer who unsubscribes, from which channel and address."""

    customer: Customer
    channel: str
    recipient: str


def unsubscribe_url(row: Notification) -> str:
    """The page where the recipient unsubscribes from this message's channel."""
    token = token_for(row.customer_id, row.channel, row.recipient)
    return f"{settings.PUBLIC_URL}{reverse('unsubscribe', args=[token])}"


def token_for(customer: int, channel: str, recipient: str) -> str:
    """The token of this address, the same at every time."""
    return _signer().sign(f"{customer}.{channel}.{_digest(recipient)}")


def is_valid_token(token: str) -> bool:
    """Whether we made this token."""
    try:
        _signer().unsign(token)
    except BadSignature:
        return False
    return True


def parse_token(token: str) -> UnsubscribeRequest | None:
    """What the token asks for; None for one that is not ours, or of an address that we forgot."""
    try:
        customer_id, channel, digest = _signer().unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None or channel not in channels():
        return None
    for address in (channels()[channel].recipient(customer), *_written_to(customer, channel)):
        if digest in _digests(address):
            return UnsubscribeRequest(customer, channel, address)
    return None


def _written_to(customer: Customer, channel: str) -> list[str]:
    """The addresses they had before."""
    rows = Notification.objects.filter(customer=customer, channel=channel).order_by()
    return list(rows.values_list("recipient", flat=True).distinct())


def _digests(address: str) -> set[str]:
    """By today's key and by earlier ones: a link in an old e-mail still has to work."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return {_digest(address, key) for key in keys}


def _digest(address: str, key: str | None = None) -> str:
    made = salted_hmac(SALT, address.lower(), secret=key, algorithm="sha256")
    return made.hexdigest()[:24]


def _signer() -> Signer:
    return Signer(salt=SALT, sep="~")
