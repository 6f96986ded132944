"""E-mail."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.values import text
from notifications.channels import Channel


def valid(address: str) -> str:
    """The address; "" when nothing can be sent to it."""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


def clean(typed: str) -> str:
    """The address. Raises ValidationError when it is none."""
    address = text.email(typed)
    validate_email(address)
    return address


CHANNEL = Channel(
    name="email",
    label="e-mail",
    recipient=lambda customer: valid(customer.email),
    missing="e-mail address",
    preference="EMAIL_PROVIDER",
    column="email",
    clean=clean,
    rank=10,
)
