"""The routes by which a customer can be reached."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from core.database import clock, reference
from customers import reading
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

    One statement, with the mark of the reference data; none for customers with whom it was read
    (customers/reading.py), as every order over the API waits for it.
    """
    known = [vars(customer).get(KNOWN) for customer in customers]
    pairs = [(customer, each) for customer, each in zip(customers, known, strict=True)]
    unread = [one for one, each in pairs if each is None or not _own(one) <= each.asked]
    refused = {pair for each in known if each for pair in each.refused}
    return refused | _read(unread) if unread else refused


@dataclass(frozen=True, slots=True)
class KnownContacts:
    """What was read with a customer: for which addresses it was asked, and which are refused."""

    asked: frozenset[tuple[str, str]]
    refused: frozenset[tuple[str, str]]


KNOWN = "known_contacts"


def read_with_customers() -> None:
    """Have contacts read in the same statement as a customer; called when Django starts."""
    columns = {each.name: each.column for each in channels().values() if each.column}
    own = ", ".join(f"('{name}', lower(c.\"{column}\"))" for name, column in columns.items())
    apart = {each.name: each.kept_apart for each in channels().values() if each.kept_apart}
    sql = _WITH_CUSTOMER.format(own=f"VALUES {own}", apart=_apart(apart))
    reading.read_along(sql.replace("%(customers)s", "ARRAY[c.id]"), _keep)


def _keep(customer: Customer, read: dict[str, list[tuple[str, str]]]) -> None:
    latest = dict(read["apart"])
    for channel in channels().values():
        if channel.remember:
            channel.remember(customer, latest.get(channel.name, ""))
    asked, refused = (
        [(name, address) for name, address in read[each]] for each in ("asked", "refused")
    )
    vars(customer)[KNOWN] = KnownContacts(frozenset(asked), frozenset(refused))


def _own(customer: Customer) -> set[tuple[str, str]]:
    """The addresses that are kept with the customer, by channel."""
    here = [each for each in channels().values() if not each.kept_apart]
    addresses = {each.name: address_key(each.recipient(customer)) for each in here}
    return {(name, address) for name, address in addresses.items() if address}


def _read(customers: Collection[Customer]) -> set[tuple[str, str]]:
    apart = [each for each in channels().values() if each.kept_apart and preferred(each.name)]
    own = {pair for customer in customers for pair in _own(customer)}
    parameters: dict[str, Any] = {
        "customers": list({customer.pk for customer in customers}),
        "now": clock.now(),
        "channels": [channel for channel, _ in own],
        "addresses": [address for _, address in own],
    }
    statement = _CONTACTS.format(
        own=_OWN, apart=_apart({each.name: each.kept_apart for each in apart})
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        (_, _, mark), *contacts = cursor.fetchall()
    reference.hold(mark)
    latest = {(name, pk): address for name, pk, address in contacts if pk}
    for channel in apart:
        if channel.remember:
            for customer in customers:
                channel.remember(customer, latest.get((channel.name, customer.pk), ""))
    return {(name, address) for name, pk, address in contacts if pk is None}


def _apart(kept_apart: Mapping[str, str]) -> str:
    """SQL of the addresses that channels keep apart: channel, customer and address."""
    each = [
        f"SELECT '{name}', customer_id, address FROM ({sql}) AS kept"  # noqa: S608 - ours
        for name, sql in kept_apart.items()
    ]
    return " UNION ALL ".join(each or ["SELECT '', 0, '' WHERE FALSE"])


# The addresses kept with customers, those kept apart, and which of both want no more messages.
_ADDRESSES = """
WITH own (channel, address) AS ({own}),
     apart (channel, customer_id, address) AS ({apart}),
     refused (channel, address) AS (
        SELECT o.channel, o.recipient
          FROM (SELECT channel, address FROM own
                UNION ALL
                SELECT channel, lower(address) FROM apart) every
          JOIN notifications_optout o
            ON o.channel = every.channel AND o.recipient = every.address)
"""
_CONTACTS = f"""{_ADDRESSES}
SELECT '', NULL, (SELECT mark::text FROM core_referencemark)
UNION ALL
SELECT channel, customer_id, address FROM apart
UNION ALL
SELECT channel, NULL, address FROM refused
"""  # noqa: S608 - SQL of ours
_OWN = "SELECT * FROM unnest(%(channels)s::text[], %(addresses)s::text[])"
_WITH_CUSTOMER = f"""({_ADDRESSES}
SELECT json_build_object(
    'asked', (SELECT json_agg(json_build_array(channel, address)) FROM own),
    'apart', (SELECT coalesce(json_agg(json_build_array(channel, address)), '[]') FROM apart),
    'refused', (SELECT coalesce(json_agg(json_build_array(channel, address)), '[]') FROM refused))
)"""  # noqa: S608 - SQL of ours


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
