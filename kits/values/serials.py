"""Serials of kits: Base32 of Crockford with its check symbol, as typed and as kept.

https://www.crockford.com/base32.html: the alphabet leaves out I, L, O and U; I and L are read as 1,
O as 0; hyphens and the case of letters do not count; the check symbol is the number modulo 37.
"""

from django.core.exceptions import ValidationError

from core.values import text as texts

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS = ALPHABET + "*~$=U"
SHORTEST, LONGEST = 6, 24  # with the check symbol
_ALIKE = str.maketrans("ILO", "110")


def normalise(text: str) -> str:
    """The serial that somebody typed or scanned, in capitals and without blanks and hyphens.

    Raises ValidationError for what is no serial, and where the check symbol does not fit.
    """
    if texts.cannot_fit(text, 4 * LONGEST):
        raise ValidationError("This is too long for the serial of a kit.", "invalid")
    serial = "".join(texts.code(text).split()).replace("-", "").upper().translate(_ALIKE)
    body, check = serial[:-1], serial[-1:]
    fits = SHORTEST <= len(serial) <= LONGEST
    if not fits or set(body) - set(ALPHABET) or check not in CHECK_SYMBOLS:
        raise ValidationError(
            "This is not the serial of a kit. Type the letters and digits below its bar code.",
            "invalid",
        )
    if check_symbol(body) != check:
        raise ValidationError(
            "This serial is mistyped: its check character does not fit. Compare it with the kit.",
            "check",
        )
    return serial


def check_symbol(body: str) -> str:
    """What follows these symbols of the alphabet."""
    number = 0
    for symbol in body:
        number = number * 32 + ALPHABET.index(symbol)
    return CHECK_SYMBOLS[number % 37]


def serial_of(number: int, length: int = 8) -> str:
    """The serial of a number, so many symbols long and one of check."""
    body = ""
    while number or len(body) < length:
        number, digit = divmod(number, 32)
        body = ALPHABET[digit] + body
    return body + check_symbol(body)
