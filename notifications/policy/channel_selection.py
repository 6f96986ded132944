"""The routes by which a customer can be reached."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from customers.models import Customer
from notifications.channels import Channel, channels, first_preferred, preferred


@dataclass(frozen=True, slots=True)
class Route:
    """A channel, the address and the service that carries it; or the obstacle, for people."""

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


def routes_to(customer: Customer) -> dict[str, Route]:
    """The route by each channel, in the order in which they are tried."""
    providers = first_preferred()
    recipients = {name: channels()[name].recipient(customer) for name in providers}
    return {
        name: _route(channel, providers.get(name, ""), recipients.get(name, ""))
        for name, channel in channels().items()
    }


def _route(channel: Channel, provider: str, recipient: str) -> Route:
    if not provider:
        return Route(channel.name, obstacle=f"No service carries {channel.label} at the moment.")
    if not recipient:
        return Route(channel.name, obstacle=f"The customer has no {channel.missing}.")
    if refused := channel.refusal(recipient):
        return Route(channel.name, obstacle=refused)
    return Route(channel.name, recipient, provider)


def choose(routes: Mapping[str, Route], wanted: Iterable[str]) -> Route:
    """The first wanted route that is open, else any that is, else one with all the obstacles."""
    names = [name for name in dict.fromkeys([*wanted, *routes]) if name in routes]
    closed = replace(
        routes[names[0]], obstacle=" ".join(route.obstacle for route in routes.values())
    )
    return next((routes[name] for name in names if not routes[name].obstacle), closed)
