"""Countries by ISO 3166-1 alpha-2 code. Data from Unicode CLDR, through Babel."""

from functools import cache

from babel.core import Locale
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
