"""The shape of a customer in the API."""

from typing import Any

from django.core.validators import RegexValidator
from phonenumber_field.phonenumber import PhoneNumber, to_python
from rest_framework import serializers

from core.api.serializers import BooleanField, CharField, IntegerField, ModelSerializer, Serializer
from core.values.text import phone
from customers.models import LONGEST_LINE, Customer, canonical_address
from customers.values import phone_numbers
from customers.values.countries import validate_country
from customers.values.validators import OneLine


class PhoneField(CharField):
    """A phone number, international or local to the default region; shown as E.164."""

    default_error_messages = {
        "invalid": phone_numbers.INVALID,
        "extension": phone_numbers.WITH_EXTENSION,
    }

    clean = staticmethod(phone)

    def to_internal_value(self, data: Any) -> PhoneNumber:
        """The number. A ValidationError for one that no country has, or with an extension."""
        text = super().to_internal_value(data)
        OneLine()(text)
        number = to_python(text)
        if not number or not number.is_valid():
            self.fail("invalid")
        if number.extension:
            self.fail("extension")
        return number


class CustomerSerializer(ModelSerializer):
    """A customer."""

    phone_number = PhoneField(
        required=False,
        allow_blank=True,
        max_length=128,
        help_text="International (+254…) or local to the default region. Shown as E.164.",
    )

    class Meta:
        model = Customer
        fields = ["id", "code", "name", "phone_number", "email", "created_at"]
        read_only_fields = ["id", "created_at"]
        extra_kwargs = {
            "code": {
                "help_text": "Unique. Made for you when left out, kept when left out of a change."
            }
        }


class CountryLetters(RegexValidator):
    """Two capitals: the pattern that the OpenAPI document shows."""

    regex = r"^[A-Z]{2}\Z"
    message = "Use an ISO 3166-1 code such as GB."
    code = "unknown_country"


def _line(**options: Any) -> CharField:
    return CharField(max_length=LONGEST_LINE, validators=[OneLine()], **options)


class AddressSerializer(Serializer):
    """A delivery address. Its lines are no longer than what providers print."""

    recipient = _line()
    line_1 = _line()
    line_2 = _line(required=False, allow_blank=True, default="")
    city = _line(
        required=False,
        allow_blank=True,
        default="",
        help_text="Empty only where the country is one, such as SG.",
    )
    postcode = _line(
        required=False,
        allow_blank=True,
        default="",
        help_text="In the form of its country. Empty only where that has none.",
    )
    country = CharField(
        max_length=2,
        validators=[CountryLetters(), validate_country],
        help_text="ISO 3166-1 alpha-2, such as GB.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The lines as carriers get them. A ValidationError, by line, for what is missing and for
        a postcode that its country does not have."""
        return canonical_address(attrs)


class BookedAddressSerializer(AddressSerializer):
    """An address in a customer's address book."""

    id = IntegerField(read_only=True)
    is_default = BooleanField(
        required=False,
        help_text="Where parcels go unless an order says otherwise. The first address is it.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As they are: the verbs look at an address as a whole, with the lines that it has."""
        return attrs


class ChangedAddressSerializer(BookedAddressSerializer):
    """An address, and who still sends to what it took the place of."""

    used_by_schedules = serializers.ListField(
        child=IntegerField(),
        read_only=True,
        help_text="Running schedules that still send to what this address was, or to the default "
        "before it: PATCH each that is to follow. For whoever may read shipping.",
    )


class AddedAddressSerializer(ChangedAddressSerializer):
    """A new address, and what was done because it is the customer's first."""

    shipped = serializers.ListField(
        child=CharField(),
        read_only=True,
        help_text="Numbers of the orders that waited for an address and go to this one; for "
        "whoever may read orders.",
    )
