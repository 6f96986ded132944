"""SMS, to the customer's phone number in E.164."""

from django.conf import settings
from django.core.exceptions import ValidationError
from phonenumbers import parse, region_code_for_number

from customers.models import Customer
from customers.values.phone_numbers import INVALID, e164
from notifications.channels import Channel


def recipient(customer: Customer) -> str:
    """The customer's number; "" when there is none, or one that no country has."""
    phone = customer.phone_number
    return str(phone.as_e164) if phone and phone.is_valid() else ""


def clean(typed: str) -> str:
    """The number in E.164. Raises ValidationError when no country has it."""
    number = e164(typed)
    if not number:
        raise ValidationError(INVALID)
    return number


def refusal(number: str) -> str:
    """Why no SMS goes to this number: its country is not among `SMS_COUNTRIES`."""
    allowed = set(settings.SMS_COUNTRIES)
    if not allowed or region_code_for_number(parse(number)) in allowed:
        return ""
    return f"No SMS goes to this number's country, only to {', '.join(sorted(allowed))}."


CHANNEL = Channel(
    name="sms",
    label="SMS",
    recipient=recipient,
    missing="phone number",
    preference="SMS_PROVIDER",
    column="phone_number",
    clean=clean,
    refusal=refusal,
    rank=20,
    visible_on_lock_screen=("text",),
)
