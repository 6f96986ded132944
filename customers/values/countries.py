"""Countries by ISO 3166-1 alpha-2 code. Data from Unicode CLDR, through Babel."""

from functools import cache

from babel.core import Locale
from django.conf import settings
from django.core.exceptions import ValidationError

from core.values.text import bare

# In CLDR, but not countries that ISO 3166-1 assigns.
_NOT_ASSIGNED = {
    "AC",
    "CP",
    "CQ",
    "DG",
    "EA",
    "EU",
    "EZ",
    "IC",
    "QO",
    "TA",
    "UN",
    "XA",
    "XB",
    "XK",
    "ZZ",
}
_ALSO_CALLED = {"uk": "GB", "great britain": "GB", "usa": "US", "holland": "NL"}


@cache
def countries() -> dict[str, str]:
    """The countries by code, with their English names."""
    territories = Locale("en").territories
    return {
        code: str(name)
        for code, name in sorted(territories.items())
        if len(code) == 2 and code.isalpha() and code not in _NOT_ASSIGNED
    }


@cache
def country_choices(language: str = "en") -> list[tuple[str, str]]:
    """What a form offers: none, then the countries in this language, by their names' alphabet."""
    names = Locale(language).territories
    named = [(code, str(names.get(code, name))) for code, name in countries().items()]
    return [("", "—"), *sorted(named, key=_sorted_name)]


@cache
def usual_first() -> list[str]:
    """The English names of the countries, those of USUAL_COUNTRIES before the others."""
    names = dict(country_choices()[1:])
    usual = [code for code in settings.USUAL_COUNTRIES if code in names]
    return [names[code] for code in usual] + [n for code, n in names.items() if code not in usual]


def code_of(text: str) -> str:
    """The code of a country that is named by its English name or its code, in capitals or not.

    Raises ValidationError for what is none.
    """
    code = _codes().get(bare(text))
    if code is None:
        raise ValidationError(
            "“%(text)s” is not a country. Choose one of the list, or type a code such as GB.",
            code="unknown_country",
            params={"text": text},
        )
    return code


@cache
def _codes() -> dict[str, str]:
    by_name = {bare(name): code for code, name in countries().items()}
    return _ALSO_CALLED | by_name | {bare(code): code for code in countries()}


def _sorted_name(country: tuple[str, str]) -> str:
    """Its name without accents: Åland stands with the A."""
    return bare(country[1])


def validate_country(code: str) -> None:
    """Raise ValidationError unless `code` is an assigned ISO 3166-1 alpha-2 code in capitals."""
    if code not in countries():
        raise ValidationError(
            "“%(code)s” is not a country. Use an ISO 3166-1 code such as GB.",
            code="unknown_country",
            params={"code": code},
        )
