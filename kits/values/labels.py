"""Labels of carriers, as they are scanned and as they are kept."""

import re

from django.core.exceptions import ValidationError

from core.values import text as texts

LONGEST = 40
_LABEL = re.compile(r"[A-Z0-9]{6,40}")


def key(text: str) -> str:
    """A label as labels are compared; nothing is refused."""
    return re.sub(r"[\s./_-]", "", texts.code(text)).upper()


def normalise(text: str) -> str:
    """A tracking number in capitals, without the signs that part its groups.

    Raises ValidationError for what is none.
    """
    label = key(text[: 4 * LONGEST])
    if not _LABEL.fullmatch(label):
        raise ValidationError(
            "This is not a carrier's label: 6 to 40 letters and digits. Scan it again.", "invalid"
        )
    return label
