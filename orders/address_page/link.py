"""The link by which a customer says where an order goes, without signing in.

Its token names an order by key and the day on which it runs out, sealed by a keyed digest: it holds
no personal data, and cannot be guessed or changed. It is good for one address: an order that has
one takes no other here.
"""

import base64
import re
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.signing import b62_decode, b62_encode
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from core.api.filters import LARGEST_ID
from core.database import clock
from orders.models import Order

SALT = "orders.address_link"
GOOD_FOR = timedelta(days=30)
DAY = 86_400
DIGEST = 15  # bytes: 120 bits, in 20 letters of an SMS
LONGEST = 64
_IN_A_TEXT = re.compile(r"/address/[0-9A-Za-z]+-[0-9A-Za-z]+-[\w-]{10,}/?")


class Link(NamedTuple):
    """What a token of ours says."""

    order: int
    has_expired: bool


def url_for(order: Order) -> str:
    """The page where this order's address is given, for 30 days from now."""
    return f"{settings.PUBLIC_URL}{reverse('order_address', args=[token_for(order.pk)])}"


def token_for(order: int) -> str:
    """The token of this order, made today."""
    last_day = int((clock.now() + GOOD_FOR).timestamp()) // DAY
    named = f"{b62_encode(order)}-{b62_encode(last_day)}"
    return f"{named}-{_digest(named, settings.SECRET_KEY)}"


def read(token: str) -> Link | None:
    """Which order it names; None for what we have not made."""
    *named, digest = token[:LONGEST].split("-", 2)
    text = "-".join(named)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(constant_time_compare(digest, _digest(text, key)) for key in keys):
        return None
    order, last_day = map(b62_decode, named)
    today = int(clock.now().timestamp()) // DAY
    return Link(order, today > last_day) if order <= LARGEST_ID else None


def hidden(text: str) -> str:
    """The text of a message without what is secret in such a link: who only reads messages could
    send the parcel elsewhere with it."""
    return _IN_A_TEXT.sub("/address/…/", text)


def _digest(named: str, key: str) -> str:
    made = salted_hmac(SALT, named, secret=key, algorithm="sha256").digest()[:DIGEST]
    return base64.urlsafe_b64encode(made).decode()
