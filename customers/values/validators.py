"""What names, codes and address lines may hold."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.deconstruct import deconstructible


@deconstructible
class OneLine(RegexValidator):
    """No control characters, no line breaks of any kind, nothing that turns the writing around.

    They break message headers and labels, and hide what a text says (Unicode TR 36, 2.5).
    """

    regex = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+\Z"
    message = "Write it on one line, without control characters."
    code = "control_characters"


@deconstructible
class CodeLetters(RegexValidator):
    """A code stands in file names, addresses and messages."""

    regex = r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z"
    message = "Use letters, digits, dots, dashes and underscores, starting with a letter or digit."
    code = "code_letters"


def validate_zone(name: str) -> None:
    """Raise ValidationError when there is no such time zone."""
    if name not in available_timezones():
        raise ValidationError("There is no such time zone. Write it like Africa/Nairobi.")
