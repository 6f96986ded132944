"""Phone numbers, however people write them."""

import re
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import to_python
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from core.values.text import lenient, phone

# What people are told of a number that cannot be used, in API, admin, files and messages alike.
INVALID = "No country has this number. Write it like +447451277972."
WITH_EXTENSION = "Leave out the extension: messages cannot reach one."
LOCAL = re.compile(r"[0-9]{6,15}\Z", re.ASCII)


def e164(text: str) -> str:
    """The number in E.164, such as +447451277972; "" when no country has it.

    Local numbers are read in PHONENUMBER_DEFAULT_REGION. A lost `+` is forgiven: in an address
    it means a blank.
    """
    try:
        text = phone(text)
    except ValidationError:
        return ""
    for spelling in (text, f"+{text}"):
        number = to_python(spelling)
        if number and number.is_valid():
            return str(number.as_e164)
    return ""


def numbers(text: str) -> set[str]:
    """The numbers in E.164 that this may be: as it is dialled in any country, or whole.

    For searches, which show what they find: `0711 082 300` is a number in 27 countries.
    """
    candidates = {e164(text)} - {""}
    dialled = re.sub(r"[\s()./-]", "", lenient(text), flags=re.ASCII)
    if LOCAL.match(dialled):
        regions = (regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values())
        candidates |= {number for region in regions if (number := _in_region(dialled, region))}
    return candidates


def _in_region(dialled: str, region: str) -> str:
    try:
        number = phonenumbers.parse(dialled, region)
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else ""


class PhoneFormField(PhoneNumberField):
    """A phone number as it was dialled or pasted."""

    default_error_messages = {"invalid": INVALID}

    def to_python(self, value: Any) -> Any:
        """The number. Raises ValidationError when no country has it."""
        return super().to_python(phone(value) if isinstance(value, str) else value)
