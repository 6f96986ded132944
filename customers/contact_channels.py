"""The channels by which customers can be reached, by name. Whoever can carry messages registers
them at the start.

So a request may name a channel and be refused at once, while nothing down here knows how a
message is sent.
"""

from collections.abc import Callable
from typing import Protocol

from django.core.exceptions import ValidationError

from customers.models import Customer


class ReachableChannel(Protocol):
    """A channel to reach a customer. `recipient` gives the address, or "" when there is none."""

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


_channels: dict[str, ReachableChannel] = {}


def register(channel: ReachableChannel) -> None:
    """Make a channel known; called once per channel when Django starts."""
    _channels[channel.name] = channel


def choices() -> list[tuple[str, str]]:
    """Names and labels of all channels."""
    return [(channel.name, channel.label) for channel in _channels.values()]


def check(customer: Customer, name: str) -> None:
    """Raise ValidationError, on `channel`, unless the customer can be reached that channel."""
    channel = _channels.get(name)
    if channel is None:
        known = ", ".join(_channels) or "none"
        raise ValidationError(
            {
                "channel": ValidationError(
                    f"There is no such channel. Use one of: {known}.", "unknown"
                )
            }
        )
    recipient = channel.recipient(customer)
    text = _refusal(channel, recipient) if recipient else _lacking(channel)
    if text:
        raise ValidationError({"channel": ValidationError(text, "unreachable")})


def _lacking(channel: ReachableChannel) -> str:
    return f"This customer has no {channel.missing}. Add it, or name another channel."


def _refusal(channel: ReachableChannel, recipient: str) -> str:
    """Why nothing goes to such an address, in words; not every channel refuses any."""
    refusal: Callable[[str], str] | None = getattr(channel, "refusal", None)
    return refusal(recipient) if refusal else ""
