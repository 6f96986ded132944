"""The fields that a message's text may name, such as `{tracking_url}`.

A value is given to each in `notifications/composition/builder.py`.
"""

import re
from collections.abc import Collection

from django.core.exceptions import ValidationError

from notifications.channels import channels

FIELD = re.compile(r"\{([^{}]*)\}")
CUSTOMER_FIELDS = {"user_name": "the customer's name"}
ORDER_FIELDS = CUSTOMER_FIELDS | {
    "order_number": "the order's number, such as co-1",
    "item": "what was ordered, in words; not by SMS or push, where anybody may read it",
    "amount": "what it costs, with the currency",
}
ADDRESS_FIELDS = {"address_url": "the page where the customer says where it goes"}
KIT_FIELDS = {"registration_url": "the page where whoever has the kit registers it"}
PARCEL_FIELDS = {
    "reference": "the parcel's reference",
    "tracking_number": "the carrier's tracking number",
    "tracking_url": "where the parcel can be followed",
}
DIGEST_FIELDS = CUSTOMER_FIELDS | {
    "count": "how many parcels have moved",
    "parcels": "each parcel with what became of it",
}
EMAIL_FIELDS = {"unsubscribe_url": "the page to hear no more by e-mail"}
SENSITIVE_FIELDS = frozenset({"item"})  # of health: docs/decisions/0023-words.md
FIELDS = ORDER_FIELDS | ADDRESS_FIELDS | KIT_FIELDS | PARCEL_FIELDS | DIGEST_FIELDS | EMAIL_FIELDS
SAMPLE = {
    "user_name": "Jane Doe",
    "order_number": "co-1",
    "item": "2 × Serum",
    "amount": "50.00 GBP",
    "address_url": "https://dosette.example/address/1-1-x/",
    "registration_url": "https://dosette.example/kit/o1-1.x/",
    "reference": "co-1",
    "tracking_number": "TRACK123",
    "tracking_url": "https://carrier.example/TRACK123",
    "count": "2",
    "parcels": "co-1: on its way; co-2: delivered",
    "unsubscribe_url": "https://dosette.example/stop/1/",
}


def fields_for(occasion: str, channel: str) -> dict[str, str]:
    """The fields that a text for this occasion may name by this channel, each explained."""
    if occasion == "shipments-digest":
        known = DIGEST_FIELDS
    elif occasion == "mailing":
        known = CUSTOMER_FIELDS
    else:
        parcel = PARCEL_FIELDS if occasion.startswith("shipment-") else {}
        address = ADDRESS_FIELDS if occasion == "order-needs-address" else {}
        kit = KIT_FIELDS if occasion in ("order-kit-here", "order-kit-due") else {}
        known = ORDER_FIELDS | address | kit | parcel
    hidden = hidden_fields(channel)
    more = EMAIL_FIELDS if channel == "email" else {}
    return {name: text for name, text in (known | more).items() if name not in hidden}


def hidden_fields(channel: str) -> frozenset[str]:
    """The fields that stay empty by this channel: they may reveal something of health."""
    known = channels().get(channel)
    return SENSITIVE_FIELDS if known and known.visible_on_lock_screen else frozenset()


def check_fields(text: str, known: Collection[str]) -> None:
    """Raise ValidationError unless every brace belongs to one of the known fields."""
    for name in FIELD.findall(text):
        if name not in known:
            choice = ", ".join(f"{{{field}}}" for field in known)
            raise ValidationError(f"There is no field {{{name[:40]}}} here. Use {choice}.")
    if set("{}") & set(FIELD.sub("", text)):
        raise ValidationError("A brace stands alone. Write fields like {user_name}.")
