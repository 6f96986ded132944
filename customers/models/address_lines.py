"""The lines of an address, which every copy of one has."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models

from customers.values.countries import validate_country
from customers.values.postcodes import canonical_postcode, needs_postcode
from customers.values.validators import OneLine

ADDRESS_FIELDS = ("recipient", "line_1", "line_2", "city", "postcode", "country")
LONGEST_LINE = 35  # what shipping providers print on a label (requirement C1)
# Countries that are one city: their addresses often name none, and providers want one.
CITY_STATES = {
    "GI": "Gibraltar",
    "HK": "Hong Kong",
    "MC": "Monaco",
    "MO": "Macao",
    "NR": "Nauru",
    "SG": "Singapore",
    "SM": "San Marino",
    "VA": "Vatican City",
}


def canonical_address(address: Mapping[str, str]) -> dict[str, str]:
    """The address as carriers get it: without blanks around its lines, its postcode as its country
    writes it, and the city of a country that is one.

    Raises ValidationError, by line, for what a provider would send back. The lines' lengths and
    letters, and the country, are the fields' own to check.
    """
    lines = {name: address.get(name, "").strip() for name in ADDRESS_FIELDS}
    country = lines["country"]
    lines["city"] = lines["city"] or CITY_STATES.get(country, "")
    needed = ["recipient", "line_1", "city", *(["postcode"] if needs_postcode(country) else [])]
    wrong: dict[str, Any] = {
        name: ValidationError(_MISSING.get(name, _BLANK), "required")
        for name in needed
        if not lines[name]
    }
    try:
        lines["postcode"] = canonical_postcode(country, lines["postcode"])
    except ValidationError as error:
        wrong["postcode"] = error
    if wrong:
        raise ValidationError(wrong)
    return lines


_BLANK = "Fill this line in."
NEEDS_POSTCODE = "Parcels to this country need a postcode."
_MISSING = {"postcode": NEEDS_POSTCODE}


class AddressLines(models.Model):
    """Where a parcel goes, in the lengths that every provider can print."""

    recipient = models.CharField(max_length=LONGEST_LINE, validators=[OneLine()])
    line_1 = models.CharField(max_length=LONGEST_LINE, validators=[OneLine()])
    line_2 = models.CharField(
        max_length=LONGEST_LINE, blank=True, default="", validators=[OneLine()]
    )
    city = models.CharField(
        max_length=LONGEST_LINE,
        blank=True,
        default="",
        validators=[OneLine()],
        help_text="Empty only where the country is one, such as SG.",
    )
    postcode = models.CharField(
        max_length=LONGEST_LINE,
        blank=True,
        default="",
        validators=[OneLine()],
        help_text="Empty only where the country has none.",
    )
    country = models.CharField(
        max_length=2,
        validators=[MinLengthValidator(2), validate_country],
        help_text="ISO 3166-1 alpha-2, such as GB.",
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Bring the lines into the form that carriers get.

        Raises ValidationError for lines that say nothing, and for a postcode that is missing or is
        none of this country.
        """
        super().clean()
        if self.country:
            for name, line in canonical_address(self.address()).items():
                setattr(self, name, line)

    def address(self) -> dict[str, str]:
        """The address as the fields of a delivery address."""
        return {name: getattr(self, name) for name in ADDRESS_FIELDS}

    def on_one_line(self) -> str:
        """All of it, as people choose by: for pages, never for logs, where `str` goes."""
        return ", ".join(filter(None, self.address().values()))
