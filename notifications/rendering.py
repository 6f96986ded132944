"""Filling in templates: named fields only; nothing is executed, looked up or filled in twice."""

import re
import unicodedata
from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError

LONGEST_MESSAGE = 2000
LONGEST_SUBJECT = 100

ORDER_FIELDS = {
    "user_name": "the customer's name",
    "order_number": "the order's number, such as co-1",
    "item": "what was ordered, in words",
    "amount": "what it costs, with the currency",
}
PARCEL_FIELDS = {
    "reference": "the parcel's reference",
    "tracking_number": "the carrier's tracking number",
    "tracking_url": "where the parcel can be followed",
}
FIELDS = ORDER_FIELDS | PARCEL_FIELDS
SAMPLE = {
    "user_name": "Jane Doe",
    "order_number": "co-1",
    "item": "2 × Serum",
    "amount": "50.00 GBP",
    "reference": "co-1",
    "tracking_number": "TRACK123",
    "tracking_url": "https://carrier.example/TRACK123",
}
_FIELD = re.compile(r"\{([^{}]*)\}")


def validate_body(body: str) -> None:
    """Raise ValidationError when a template names a field that does not exist."""
    check_fields(body, FIELDS)
    check_message(body)


def validate_subject(subject: str) -> None:
    """Raise ValidationError for an unknown field, or anything but one line of text."""
    check_fields(subject, FIELDS)
    if subject != one_line(subject):
        raise ValidationError("Write the subject as one line of text.")


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
    """Control characters, and halves of surrogate pairs, which no encoding can carry."""
    return unicodedata.category(char) in ("Cc", "Cs")


def one_line(text: str) -> str:
    """The text with every run of blanks, line breaks and control characters made one blank."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def render(body: str, values: Mapping[str, str]) -> str:
    """The body with its fields filled in; a field without a value becomes empty.

    Values are made one line each, so that a name can break neither a header nor a message.
    """
    return _FIELD.sub(lambda found: one_line(values.get(found[1], "")), body).strip()


def cut(text: str, longest: int) -> str:
    """The text, shortened where long values made it longer than it may be."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
