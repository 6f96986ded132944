"""Parses what providers answer and report: the other side is not trusted.

What an answer says of a parcel is kept when it is fit to keep and left out otherwise, for the
parcel was taken either way. What a webhook says is read by the field; what cannot be read is named
by its field, and kept as it came.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.http import Done, MalformedResponseError, Response
from core.values.strict_json import strict_json
from core.values.text import plain
from shipping.provider_api.base import TrackedEvent, Unreadable
from shipping.states import RANKS

LONGEST_REFERENCE = 100
LONGEST_URL = 300
LONGEST_STATUS = 100
LONGEST_OF_OURS = 35
# Of one webhook: a body of 64 kB holds half as many at most that say which, what and when.
MOST_EVENTS = 2000
XML_TYPES = frozenset({"application/xml", "text/xml"})


class InvalidEventError(ValueError):
    """The webhook's body is not what was agreed; `field` says where. It repeats nothing of it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    @property
    def problem(self) -> str:
        """What is wrong, and where."""
        return f"{self.field}: {self}" if self.field else str(self)


def each(
    pieces: Iterable[Any],
    read: Callable[[Any], TrackedEvent],
    hint: Callable[[Mapping[str, Any]], tuple[object, object]] | None = None,
) -> list[TrackedEvent | Unreadable]:
    """The events of a webhook, each by itself: one that cannot be read costs none of the others.

    `hint` gives what stands where its reference and its status should. Raises
    InvalidEventError for more than any webhook can hold.
    """
    listed = list(islice(pieces, MOST_EVENTS + 1))
    if len(listed) > MOST_EVENTS:
        raise InvalidEventError("", f"The body holds more than {MOST_EVENTS} events.")
    return [_one(piece, read, hint) for piece in listed]


def _one(
    piece: Any,
    read: Callable[[Any], TrackedEvent],
    hint: Callable[[Mapping[str, Any]], tuple[object, object]] | None,
) -> TrackedEvent | Unreadable:
    if not isinstance(piece, Mapping):
        return Unreadable(piece, "It is not an object.")
    try:
        return read(piece)
    except InvalidEventError as error:
        named, state = hint(piece) if hint else ("", "")
        order_id = plain_reference(named) if isinstance(named, str) else ""
        return Unreadable(
            piece,
            error.problem,
            order_id if len(order_id) <= LONGEST_OF_OURS else "",
            _text(state)[:LONGEST_STATUS],
        )


def accepted(reference: object = "", number: object = "", url: object = "") -> Done:
    """Done, with what the answer says of the parcel; what is unfit to keep is left out.

    A name that is a whole number is kept as text.
    """
    details = {"tracking_number": _text(number), "tracking_url": _web_address(url)}
    return Done(_text(reference), details)


def _text(value: object) -> str:
    value = str(value) if type(value) is int else value
    fit = isinstance(value, str) and len(value) <= LONGEST_REFERENCE and value.isprintable()
    return str(value) if fit else ""


def _web_address(value: object) -> str:
    """An http or https address: staff click on it, and customers may."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
    except ValueError:
        return ""
    return value if fit and "@" not in parts.netloc else ""


def json_object(body: bytes) -> dict[str, Any]:
    """A webhook's JSON object. Raises InvalidEventError for anything else."""
    try:
        value = strict_json(body)
    except ValueError:
        raise InvalidEventError("", "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise InvalidEventError("", "The body must be a JSON object.")
    return value


def xml(response: Response) -> Element:
    """An answer's XML. Raises MalformedResponseError when it is not, or not declared as such."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in XML_TYPES:
        raise MalformedResponseError(f"{response.status}, not declared as XML")
    root = _parsed(response.body)
    if root is None:
        raise MalformedResponseError(f"{response.status}, not valid XML")
    return root


def xml_body(body: bytes, tag: str) -> Element:
    """A webhook's XML below an element of that name. Raises InvalidEventError for anything else."""
    root = _parsed(body)
    if root is None:
        raise InvalidEventError("", "The body is not valid XML.")
    if root.tag != tag:
        raise InvalidEventError("", f"The body must be an element named {tag}.")
    return root


def _parsed(body: bytes) -> Element | None:
    """Without entities and document types: they read files and fill memory."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None  # LookupError: an encoding that nobody knows
    return root


def part(body: Mapping[str, Any], field: str) -> dict[str, Any]:
    """An object inside a webhook's body. Raises InvalidEventError when it is anything else."""
    value = body.get(field)
    if not isinstance(value, dict):
        raise InvalidEventError(field, "This field must be an object.")
    return value


def parts(body: Mapping[str, Any], field: str) -> list[Any]:
    """The members of a list in a webhook's body: a batch, for `each`. Raises InvalidEventError."""
    value = body.get(field)
    if not isinstance(value, list):
        raise InvalidEventError(field, "This field must be a list.")
    return value


def attributes(element: Element) -> dict[str, str]:
    """What an element says in its attributes; beside them as `xml` whole, where it says more."""
    more = len(element) or (element.text or "").strip()
    whole = {"xml": tostring(element, encoding="unicode").strip()} if more else {}
    return {**whole, **element.attrib}


def text(body: Mapping[str, Any], field: str, longest: int) -> str:
    """A text of a webhook's body, without the blanks around it: columns of fixed width are padded.

    Raises InvalidEventError when it is missing, empty, too long or not printable.
    """
    value = body.get(field)
    value = value.strip() if isinstance(value, str) else ""
    if not value:
        raise InvalidEventError(field, "This field must be a text that is not empty.")
    if len(value) > longest or not value.isprintable():
        raise InvalidEventError(
            field, f"This field may have at most {longest} printable characters."
        )
    return value


def reference(body: Mapping[str, Any], field: str) -> str:
    """Our reference in a webhook's body, as we write it. Raises InvalidEventError without one."""
    value = body.get(field)
    ours = plain_reference(value) if isinstance(value, str) else ""
    if not ours:
        raise InvalidEventError(field, "This field must be a text that is not empty.")
    if len(ours) > LONGEST_OF_OURS or not ours.isprintable():
        raise InvalidEventError(
            field, f"This field may have at most {LONGEST_OF_OURS} printable characters."
        )
    return ours


def plain_reference(text: str) -> str:
    """A reference without blanks and invisible characters, in lower case, with plain hyphens.

    All of ours are so, so whatever a carrier's columns made of one, there is one that it can mean.
    """
    return "".join(map(_plain, plain(text))).lower()


def _plain(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf" or character.isspace():
        return ""
    return "-" if kind == "Pd" else character


def status(body: Mapping[str, Any], field: str, known: Mapping[Any, str] | None = None) -> str:
    """A tracking status; `known` translates the provider's words, in capitals or not, or numbers.

    Empty for one that is not known: carriers add some unannounced, and nothing is guessed. Raises
    InvalidEventError for what is no status at all.
    """
    names: Mapping[Any, str] = {name: name for name in RANKS} if known is None else known
    value = body.get(field)
    if type(value) is int:  # to a mapping 1.0 and true are the number 1
        return names.get(value, "")
    given = text(body, field, LONGEST_STATUS)
    strings = [word for word in names if isinstance(word, str)]
    alike = {names[word] for word in strings if word.casefold() == given.casefold()}
    return names.get(given, "") or (alike.pop() if len(alike) == 1 else "")


def raw_status(body: Mapping[str, Any], field: str) -> str:
    """A status in the provider's own term, or its number as text. Raises InvalidEventError."""
    value = body.get(field)
    return str(value) if type(value) is int else text(body, field, LONGEST_STATUS)
