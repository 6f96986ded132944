"""Phone numbers, however people write them."""

from typing import Any

from django.core.exceptions import ValidationError
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import to_python

from core.text import phone


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


class PhoneFormField(PhoneNumberField):  # type: ignore[misc]
    """A phone number as it was dialled or pasted."""

    def to_python(self, value: Any) -> Any:
        """The number. Raises ValidationError when no country has it."""
        return super().to_python(phone(value) if isinstance(value, str) else value)
