"""Customers and their addresses."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Upper
from phonenumber_field.modelfields import PhoneNumberField

from core.database import clock
from core.database.folding import NumberKey, SearchVector, SortKey
from core.database.versions import VersionField
from core.history.tracking import tracked
from core.values.codes import random_code
from customers.values.countries import validate_country
from customers.values.languages import canonical, validate_language
from customers.values.postcodes import canonical_postcode, needs_postcode
from customers.values.validators import CodeLetters, OneLine, validate_zone

ADDRESS_FIELDS = ("recipient", "line_1", "line_2", "city", "postcode", "country")
PREFERENCES = ("channel", "language", "time_zone")
CUSTOMER_SEARCH_VECTOR = SearchVector("name", "email", "code", "phone_number")
# Of an address: who gets it, and its postcode in two words or in one.
RECIPIENT_SEARCH_VECTOR = SearchVector("recipient", "postcode", NumberKey("postcode"))
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


def new_code() -> str:
    """A fresh customer code such as `C-7K3M9QXT2B`."""
    return random_code("C")


@tracked()
class Customer(models.Model):
    """Somebody who orders."""

    code = models.CharField(
        max_length=35,
        unique=True,
        default=new_code,
        validators=[CodeLetters()],
        help_text="Made for you when left as it is.",
    )
    name = models.CharField(max_length=100, validators=[OneLine()])
    phone_number = PhoneNumberField(
        blank=True, default="", help_text="International (+254…) or local to the default region."
    )
    email = models.EmailField(blank=True, default="")
    channel = models.CharField(
        "wants to hear by",
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="The channel they chose. Empty: whatever the rules say.",
    )
    language = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        validators=[validate_language],
        help_text="BCP 47, such as en, sw or pt-BR. Empty: the default.",
    )
    time_zone = models.CharField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        validators=[validate_zone],
        help_text="Such as Africa/Nairobi, for quiet hours. Empty: the default.",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    version = VersionField()

    # Set where it was read together with the customer (customers/reading.py).
    known_default_address: "Address | None"

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(SortKey("name"), "name", F("id").desc(), name="customer_by_alphabet"),
            models.Index(fields=["created_at", "id"], name="customer_by_age"),
            models.Index(fields=["phone_number"], name="customer_by_phone"),
            models.Index(Upper("email"), name="customer_by_email"),
            GinIndex(CUSTOMER_SEARCH_VECTOR, name="customer_search_vector"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def clean(self) -> None:
        """Bring the language into its usual letters; what is none is its validator's to refuse."""
        if self.language:
            with suppress(ValidationError):
                self.language = canonical(self.language)

    @property
    def default_address(self) -> "Address | None":
        """Where this customer's parcels go unless an order says otherwise."""
        if "known_default_address" in vars(self):
            return self.known_default_address
        return self.addresses.filter(is_default=True).first()


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


@tracked(part_of="customer")
class Address(AddressLines):
    """An address in a customer's address book. Orders keep a copy, so a change moves no parcel."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    is_default = models.BooleanField(default=False)
    version = VersionField()

    # Of one that was changed or became the default: the lines whose place it took.
    took_place_of: "Sequence[Mapping[str, str]]" = ()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_default=True),
                name="one_default_address_per_customer",
            )
        ]
        indexes = [GinIndex(RECIPIENT_SEARCH_VECTOR, name="address_by_recipient")]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.city}"
