"""The links by which a person registers a kit: one of their order, in a message, and one of the
kit, printed on it.

A token names the order or the kit by key and the day on which it runs out, signed: it holds no
personal data, and cannot be guessed or changed. It opens a form, and shows nothing.
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer, b62_decode, b62_encode
from django.db.models import QuerySet
from django.urls import reverse

from core.api.filters import LARGEST_ID
from core.database import clock
from kits.models import Kit
from orders.models import Order

SALT = "kits.registration_link"
GOOD_FOR = timedelta(days=90)
LONGEST = 100
ORDER, KIT = "o", "k"
_NAMED = re.compile(r"([ok])([0-9A-Za-z]{1,11})-([0-9A-Za-z]{1,6})", re.ASCII)
_IN_A_TEXT = re.compile(r"/kit/[\w.-]{20,}/?", re.ASCII)


class Link(NamedTuple):
    """What a token of ours says."""

    kind: str
    key: int
    last_day: date

    @property
    def has_expired(self) -> bool:
        """Whether it is of no use any more."""
        return clock.now().date() > self.last_day

    @property
    def kits(self) -> QuerySet[Kit]:
        """The kits that it is about: that one, or those of the order."""
        kits = Kit.objects.select_related("lot__product", "shipment__order__customer")
        if self.kind == KIT:
            return kits.filter(pk=self.key)
        return kits.filter(shipment__order=self.key)


def url_of_order(order: Order) -> str:
    """The page where the kits of this order are registered, for 90 days from now."""
    return _url(ORDER, order.pk, clock.now().date() + GOOD_FOR)


def url_of_kit(kit: Kit) -> str:
    """The page where this kit is registered, until its lot has expired for as long."""
    return _url(KIT, kit.pk, kit.lot.expires_on + GOOD_FOR)


def read(token: str) -> Link | None:
    """What it names; None for what we have not made."""
    try:
        match = _NAMED.fullmatch(_signer().unsign(token[:LONGEST]))
    except BadSignature:
        return None
    if match is None or b62_decode(match[2]) > LARGEST_ID:
        return None
    return Link(match[1], b62_decode(match[2]), date.fromordinal(b62_decode(match[3])))


def kit_scanned(text: str) -> Kit | None:
    """The kit whose printed link this is; None for anything else."""
    token = text.strip().rstrip("/").rpartition("/kit/")[2]
    link = read(token) if "/kit/" in text else None
    return link.kits.first() if link and link.kind == KIT else None


def hidden(text: str) -> str:
    """The text of a message without what is secret in such a link."""
    return _IN_A_TEXT.sub("/kit/…/", text)


def _url(kind: str, key: int, last_day: date) -> str:
    token = _signer().sign(f"{kind}{b62_encode(key)}-{b62_encode(last_day.toordinal())}")
    return f"{settings.PUBLIC_URL}{reverse('kit_registration', args=[token])}"


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")
