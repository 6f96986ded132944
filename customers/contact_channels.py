"""The ways to reach a customer, by name. Whoever can carry messages registers them at the start.

So a request may name a channel and be refused at once, while nothing down here knows how a
message is sent.
"""

from collections.abc import Callable
from typing import Protocol

from django.core.exceptions import ValidationError

from customers.models import Customer


class Way(Protocol):
    """A way to reach a customer. `recipient` gives the address, or "" when there is none."""

    @property
    def name(self) -> str:
        """How the API calls it, such as `sms`."""

    @property
    def label(self) -> str:
        """How people call it."""

    @property
    def missing(self) -> str:
        """What a customer lacks who cannot be reached, such as `phone number`."""

    @property
    def recipient(self) -> Callable[[Customer], str]:
        """Where it reaches a customer."""


_ways: dict[str, Way] = {}


def register(way: Way) -> None:
    """Make a way known; called once per way when Django starts."""
    _ways[way.name] = way


def choices() -> list[tuple[str, str]]:
    """Names and labels of all ways."""
    return [(way.name, way.label) for way in _ways.values()]


def check(customer: Customer, name: str) -> None:
    """Raise ValidationError, on `channel`, unless the customer can be reached that way."""
    way = _ways.get(name)
    if way is None:
        known = ", ".join(_ways) or "none"
        raise ValidationError(
            {
                "channel": ValidationError(
                    f"There is no such channel. Use one of: {known}.", "unknown"
                )
            }
        )
    recipient = way.recipient(customer)
    text = _refusal(way, recipient) if recipient else _lacking(way)
    if text:
        raise ValidationError({"channel": ValidationError(text, "unreachable")})


def _lacking(way: Way) -> str:
    return f"This customer has no {way.missing}. Add it, or name another channel."


def _refusal(way: Way, recipient: str) -> str:
    """Why nothing goes to such an address, in words; not every way refuses any."""
    refusal: Callable[[str], str] | None = getattr(way, "refusal", None)
    return refusal(recipient) if refusal else ""
