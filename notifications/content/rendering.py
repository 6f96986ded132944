"""Filling in templates: named fields only; nothing is executed, looked up or filled in twice."""

import re
import unicodedata
from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError

from notifications.channels import channels
from notifications.content.html import check_html, escaped

LONGEST_MESSAGE = 2000
LONGEST_SUBJECT = 100
LONGEST_HTML = 20_000

CUSTOMER_FIELDS = {"user_name": "the customer's name"}
ORDER_FIELDS = CUSTOMER_FIELDS | {
    "order_number": "the order's number, such as co-1",
    "item": "what was ordered, in words; not by SMS or push, where anybody may read it",
    "amount": "what it costs, with the currency",
}
ADDRESS_FIELDS = {"address_url": "the page where the customer says where it goes"}
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
FIELDS = ORDER_FIELDS | ADDRESS_FIELDS | PARCEL_FIELDS | DIGEST_FIELDS | EMAIL_FIELDS
SAMPLE = {
    "user_name": "Jane Doe",
    "order_number": "co-1",
    "item": "2 × Serum",
    "amount": "50.00 GBP",
    "address_url": "https://dosette.example/address/1-1-x/",
    "reference": "co-1",
    "tracking_number": "TRACK123",
    "tracking_url": "https://carrier.example/TRACK123",
    "count": "2",
    "parcels": "co-1: on its way; co-2: delivered",
    "unsubscribe_url": "https://dosette.example/stop/1/",
}
# What turns the writing around or ends a line unseen: Unicode TR 36, 2.5. The marks for languages
# written from the right (U+200E, U+200F) are no such thing.
_HIDING = frozenset(map(chr, (*range(0x2028, 0x202F), *range(0x2066, 0x206A))))
_FIELD = re.compile(r"\{([^{}]*)\}")


def fields_for(occasion: str, channel: str) -> dict[str, str]:
    """The fields that a text for this occasion may name by this channel, each explained."""
    if occasion == "shipments-digest":
        known = DIGEST_FIELDS
    elif occasion == "mailing":
        known = CUSTOMER_FIELDS
    else:
        parcel = PARCEL_FIELDS if occasion.startswith("shipment-") else {}
        address = ADDRESS_FIELDS if occasion == "order-needs-address" else {}
        known = ORDER_FIELDS | address | parcel
    hidden = hidden_fields(channel)
    more = EMAIL_FIELDS if channel == "email" else {}
    return {name: text for name, text in (known | more).items() if name not in hidden}


def hidden_fields(channel: str) -> frozenset[str]:
    """The fields that stay empty by this channel: they may reveal something of health."""
    known = channels().get(channel)
    return SENSITIVE_FIELDS if known and known.visible_on_lock_screen else frozenset()


def validate_body(body: str) -> None:
    """Raise ValidationError when a template names a field that does not exist."""
    check_fields(body, FIELDS)
    check_message(body)


def validate_subject(subject: str) -> None:
    """Raise ValidationError for an unknown field, or anything but one line of text."""
    check_fields(subject, FIELDS)
    if subject != one_line(subject):
        raise ValidationError("Write the subject as one line of text.")


def validate_html(html: str) -> None:
    """Raise ValidationError for an unknown field, or markup that could run or load something."""
    check_fields(html, FIELDS)
    if len(html) > LONGEST_HTML:
        raise ValidationError(f"HTML has at most {LONGEST_HTML} characters, this has {len(html)}.")
    if any(_is_control(char) and char not in "\r\n\t" for char in html):
        raise ValidationError("HTML holds no control characters but line breaks.")
    check_html(html)


def check_fields(text: str, known: Collection[str]) -> None:
    """Raise ValidationError unless every brace belongs to one of the known fields."""
    for name in _FIELD.findall(text):
        if name not in known:
            choice = ", ".join(f"{{{field}}}" for field in known)
            raise ValidationError(f"There is no field {{{name[:40]}}} here. Use {choice}.")
    if set("{}") & set(_FIELD.sub("", text)):
        raise ValidationError("A brace stands alone. Write fields like {user_name}.")


def check_message(text: str) -> None:
    """Raise ValidationError for a message that is empty, too long, or not plain text."""
    if not text.strip():
        raise ValidationError("Write a message.", code="blank")
    if len(text) > LONGEST_MESSAGE:
        raise ValidationError(
            f"A message has at most {LONGEST_MESSAGE} characters, this one has {len(text)}.",
            code="max_length",
        )
    if any(_is_control(char) and char not in "\n\t" for char in text):
        raise ValidationError("A message holds no control characters but line breaks.")


def _is_control(char: str) -> bool:
    """Control characters, halves of surrogate pairs, which no encoding can carry, and what
    turns the writing around."""
    return char in _HIDING or unicodedata.category(char) in ("Cc", "Cs")


def one_line(text: str) -> str:
    """The text with every run of blanks, line breaks and control characters made one blank."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def render(body: str, values: Mapping[str, str]) -> str:
    """The body with its fields filled in; a field without a value becomes empty.

    Values are made one line each, so that a name can break neither a header nor a message.
    """
    return _FIELD.sub(lambda match: one_line(values.get(match[1], "")), body).strip()


def render_html(html: str, values: Mapping[str, str]) -> str:
    """The markup with its fields filled in, each as text: a value is never markup."""
    return _FIELD.sub(lambda match: escaped(_harmless(match[1], values)), html).strip()


def _harmless(name: str, values: Mapping[str, str]) -> str:
    value = one_line(values.get(name, ""))
    linked = name.endswith("_url") and not value.startswith(("https://", "http://"))
    return "" if linked else value


def cut(text: str, longest: int) -> str:
    """The text, shortened where long values made it longer than it may be."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
