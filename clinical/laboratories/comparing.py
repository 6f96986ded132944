"""Serials and names as they are compared. Pure."""

from core.values.text import bare, code

# Letters that look like digits are those, as Crockford's Base32 has it
# (https://www.crockford.com/base32.html).
_DIGITS = str.maketrans("OIL", "011")


def normalized(serial: str) -> str:
    """A serial as it is kept and compared: capitals without blanks and hyphens, O as 0, I, L as 1.

    Nothing is refused.
    """
    return code(serial).replace(" ", "").replace("-", "").upper().translate(_DIGITS)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same words, in any order, case and spelling of accents."""
    return compared_name(one) == compared_name(other) != []


def compared_name(name: str) -> list[str]:
    """The words of a name as they are compared, each as often as it stands there."""
    text = bare(name).replace("-", " ").replace("'", "").replace("’", "").replace(",", " ")
    return sorted(text.split())
