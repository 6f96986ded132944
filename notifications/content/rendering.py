"""Filling in templates: named fields only; nothing is executed, looked up or filled in twice."""

import unicodedata
from collections.abc import Mapping

from django.core.exceptions import ValidationError

from notifications.content.fields import FIELD, FIELDS, check_fields
from notifications.content.html import check_html, escaped

LONGEST_MESSAGE = 2000
LONGEST_SUBJECT = 100
LONGEST_HTML = 20_000

# What turns the writing around or ends a line unseen: Unicode TR 36, 2.5. The marks for languages
# written from the right (U+200E, U+200F) are no such thing.
_HIDING = frozenset(map(chr, (*range(0x2028, 0x202F), *range(0x2066, 0x206A))))


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
    return FIELD.sub(lambda match: one_line(values.get(match[1], "")), body).strip()


def render_html(html: str, values: Mapping[str, str]) -> str:
    """The markup with its fields filled in, each as text: a value is never markup."""
    return FIELD.sub(lambda match: escaped(_harmless(match[1], values)), html).strip()


def _harmless(name: str, values: Mapping[str, str]) -> str:
    value = one_line(values.get(name, ""))
    linked = name.endswith("_url") and not value.startswith(("https://", "http://"))
    return "" if linked else value


def cut(text: str, longest: int) -> str:
    """The text, shortened where long values made it longer than it may be."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
