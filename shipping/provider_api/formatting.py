"""Formatting of what providers are sent: whole, or not at all."""

import re
from base64 import b64encode
from typing import NoReturn
from xml.etree.ElementTree import Element, tostring

from core.values.text import lenient
from shipping.provider_api.base import UnsupportedShipmentError

LONGEST = 35
# What XML 1.0 cannot carry (its section 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fit(field: str, text: str, longest: int = LONGEST) -> str:
    """The text, cleaned as it was when it was typed, but for rows older than that; never cut.

    Raises UnsupportedShipmentError when it is longer.
    """
    text = lenient(text)
    if len(text) > longest:
        refuse(field, f"longer than {longest} characters")
    return text


def refuse(field: str, why: str) -> NoReturn:
    """Raise UnsupportedShipmentError. Never name the value: the text is shown and kept."""
    raise UnsupportedShipmentError(f"{field}: {why}")


def basic(login: str) -> dict[str, str]:
    """Basic authentication (RFC 7617) of `user:password`."""
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}


def xml(root: Element) -> bytes:
    """The document in UTF-8. Raises UnsupportedShipmentError for what XML cannot carry."""
    for element in root.iter():
        if any(_NOT_XML.search(text) for text in (element.text or "", *element.attrib.values())):
            refuse(element.tag, "a forbidden character")
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body
