"""The routes by which a customer can be reached."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from core.database import clock, reference
from customers.models import Customer
from notifications.channels import Channel, address_key, channels, first_preferred, preferred


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


def read_contacts(customers: Collection[Customer]) -> set[tuple[str, str]]:
    """Read where channels reach these customers that keep addresses apart, and which of all their
    addresses want no more messages: (channel, address), by `address_key`.

    One statement, with the mark of the reference data: every order that is placed waits for it.
    """
    every = channels().values()
    apart = [each for each in every if each.kept_apart and preferred(each.name)]
    here = [each for each in every if not each.kept_apart]
    own = {(each.name, address_key(each.recipient(one))) for each in here for one in customers}
    parameters: dict[str, Any] = {
        "customers": list({customer.pk for customer in customers}),
        "now": clock.now(),
        "channels": [channel for channel, _ in own],
        "addresses": [address for _, address in own],
    }
    with connection.cursor() as cursor:
        cursor.execute(_contacts({each.name: each.kept_apart for each in apart}), parameters)
        (_, _, mark), *contacts = cursor.fetchall()
    reference.hold(mark)
    latest = {(name, pk): address for name, pk, address in contacts if pk}
    for channel in apart:
        if channel.remember:
            for customer in customers:
                channel.remember(customer, latest.get((channel.name, customer.pk), ""))
    return {(name, address) for name, pk, address in contacts if pk is None}


def _contacts(kept_apart: Mapping[str, str]) -> str:
    """The statement, with the SQL of the channels that keep addresses apart."""
    each = [
        f"SELECT '{name}', customer_id, address FROM ({sql}) AS kept"  # noqa: S608 - ours
        for name, sql in kept_apart.items()
    ]
    return _CONTACTS.format(apart=" UNION ALL ".join(each or ["SELECT '', 0, '' WHERE FALSE"]))


_CONTACTS = """
WITH apart (channel, customer_id, address) AS ({apart})
SELECT '', NULL, (SELECT mark::text FROM core_referencemark)
UNION ALL
SELECT channel, customer_id, address FROM apart
UNION ALL
SELECT channel, NULL, recipient
  FROM unnest(%(channels)s::text[], %(addresses)s::text[]) AS own (channel, recipient)
  JOIN notifications_optout USING (channel, recipient)
UNION ALL
SELECT channel, NULL, recipient
  FROM apart JOIN notifications_optout o USING (channel) WHERE o.recipient = lower(apart.address)
"""


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
