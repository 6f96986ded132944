"""Customers."""

from contextlib import suppress

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.db.models.functions import Upper
from phonenumber_field.modelfields import PhoneNumberField

from core.database import clock
from core.database.folding import SearchVector, SortKey
from core.database.versions import VersionField
from core.history.tracking import tracked
from core.values.codes import random_code
from customers.models.address_lines import AddressLines
from customers.values.languages import canonical, validate_language
from customers.values.validators import CodeLetters, OneLine, validate_zone

PREFERENCES = ("channel", "language", "time_zone")
CUSTOMER_SEARCH_VECTOR = SearchVector("name", "email", "code", "phone_number")


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
    known_default_address: AddressLines | None

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
    def default_address(self) -> AddressLines | None:
        """Where this customer's parcels go unless an order says otherwise."""
        if "known_default_address" in vars(self):
            return self.known_default_address
        return self.addresses.filter(is_default=True).first()
