"""The ways that lead to a customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from customers.models import Customer
from notifications.channels import channels, preferred


@dataclass(frozen=True, slots=True)
class Route:
    """A channel, the address and the service that carries it; or the obstacle, in words."""

    channel: str
    recipient: str = ""
    provider: str = ""
    obstacle: str = ""


def provider_for(channel: str) -> str:
    """The service that carries a new message, "" when none does.

    Not asked here: whether its circuit is open. That would cost every order a statement; what is
    written for it moves on when it is about to be sent (failover.py).
    """
    return next(iter(preferred(channel)), "")


def ways_to(customer: Customer) -> dict[str, Route]:
    """The way by each channel, in the order in which they are tried."""
    return {name: _way(name, customer) for name in channels()}


def _way(name: str, customer: Customer) -> Route:
    channel = channels()[name]
    provider = provider_for(name)
    if not provider:
        return Route(name, obstacle=f"No service carries {channel.label} at the moment.")
    recipient = channel.recipient(customer)
    if not recipient:
        return Route(name, obstacle=f"The customer has no {channel.missing}.")
    if refused := channel.refusal(recipient):
        return Route(name, obstacle=refused)
    return Route(name, recipient, provider)


def choose(ways: Mapping[str, Route], wanted: Iterable[str]) -> Route:
    """The first wanted way that is open, else any that is, else one with all the obstacles."""
    names = [name for name in dict.fromkeys([*wanted, *ways]) if name in ways]
    closed = replace(ways[names[0]], obstacle=" ".join(way.obstacle for way in ways.values()))
    return next((ways[name] for name in names if not ways[name].obstacle), closed)
