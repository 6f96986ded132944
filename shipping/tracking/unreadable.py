"""What providers say and nobody here understands: kept as it came, and put before staff.

One case a provider, however much there is, and at most 10,000 things kept of each.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from core import cases
from core.cases import CaseDraft, Listed
from core.database import clock
from core.failures import together, waiting
from shipping.exceptions.cases import STALLED
from shipping.models import ProviderProfile, Shipment, UnreadableEvent
from shipping.provider_api import parsing
from shipping.provider_api.base import TrackedEvent, Unreadable
from shipping.states import MOVING, RANKS

KIND = "events-not-understood"
MOST = 10_000
CHUNK = 500
LINK = "find the parcel of event that was not understood"
TOO_LONG = "an id, a reference or a status that is too long"
UNKNOWN_STATUS = "a status that we do not know"
HAPPENED = (
    "It reports something that we do not understand: a new status, or what cannot be read. It is "
    "kept as it came, nothing is guessed, and the rest of what it reports is applied. Read it in "
    "the list, and tell whoever keeps this provider's file what it means; then let it be read "
    "again. Set aside what is of no use."
)


def keep(provider: str, arrived: Sequence[tuple[TrackedEvent | Unreadable, datetime]]) -> None:
    """Keep each once, the oldest beyond so many no longer; what is new is a case."""
    if not arrived:
        return
    columns = zip(*(_kept(event, received_at) for event, received_at in arrived), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [provider, *map(list, columns)])
        kept = cursor.fetchall()
        if not kept:
            return
        cursor.execute(_FORGET, [provider, MOST])
    _record_contact({shipment for (shipment,) in kept if shipment}, provider)
    cases.open(describe([ProviderProfile.ensured(provider)]))


def _kept(event: TrackedEvent | Unreadable, received_at: datetime) -> list[Any]:
    whole = event.raw if isinstance(event.raw, bytes) else None
    part = json.dumps(event.raw, sort_keys=True) if whole is None else None
    came = (part or "").encode() if whole is None else whole
    return [hashlib.sha256(came).hexdigest(), part, whole, *_known_of(event), received_at]


def _known_of(event: TrackedEvent | Unreadable) -> tuple[str, str, str, datetime | None]:
    """What is wrong with it, its reference, its status and its time, as far as they are known."""
    reference = parsing.plain_reference(event.order_id)
    order_id = reference if len(reference) <= parsing.LONGEST_OF_OURS else ""
    if isinstance(event, Unreadable):
        return event.problem[:200], order_id, event.raw_status[:100], None
    problem = TOO_LONG if event.event_name in RANKS else UNKNOWN_STATUS
    return problem, order_id, (event.raw_status or event.event_name)[:100], event.event_time


_KEEP = """
INSERT INTO shipping_unreadableevent (provider, digest, raw, body, problem, order_id, raw_status,
                                      event_time, received_at, shipment_id)
SELECT p.name, v.digest, v.raw::jsonb, v.body, v.problem, v.order_id, v.raw_status, v.event_time,
       v.received_at, s.id
FROM (VALUES (%s)) AS p (name)
CROSS JOIN unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[], %s::timestamptz[])
         AS v (digest, raw, body, problem, order_id, raw_status, event_time, received_at)
LEFT JOIN shipping_shipment s ON s.reference = v.order_id AND s.provider = p.name
ORDER BY v.digest
ON CONFLICT DO NOTHING
RETURNING shipment_id
"""
_FORGET = """
DELETE FROM shipping_unreadableevent WHERE id IN (
    SELECT id FROM shipping_unreadableevent WHERE provider = %s ORDER BY id DESC OFFSET %s)
"""


def _record_contact(shipments: Collection[int], provider: str) -> None:
    """A parcel that is reported is not lost, whatever the report: its silence counts from now."""
    if not shipments:
        return
    ids = sorted(shipments)
    moving = Shipment.objects.filter(pk__in=ids, state__in=MOVING)
    moving.update(news_at=clock.now(), quiet=0)
    cases.resolve(STALLED, ids, by=f"provider:{provider}", resolution="There is news of it.")


def of(provider: str) -> Iterator[UnreadableEvent]:
    """What nobody has set aside, in the order in which it came."""
    rows, last = still_open().filter(provider=provider).order_by("pk"), 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk  # before they are used: what was read is deleted
        yield from chunk


def link(since: datetime) -> int:
    """Give parcels that have appeared what was kept of them since then; how many."""
    theirs = Shipment.objects.filter(reference=OuterRef("order_id"), provider=OuterRef("provider"))
    kept = UnreadableEvent.objects.filter(shipment=None, received_at__gt=since)
    rows = kept.exclude(order_id="").filter(Exists(theirs)).order_by("pk")
    return together(LINK, waiting(LINK, rows), partial(_link, theirs))


def _link(theirs: "QuerySet[Shipment]", ids: Sequence[int]) -> int:
    rows = UnreadableEvent.objects.filter(pk__in=ids, shipment=None)
    return rows.update(shipment=Subquery(theirs.values("pk")[:1]))


def set_aside(profile: ProviderProfile, *, by: str, reason: str) -> int:
    """Leave what waits as it is: it stays kept, and is nobody's work any more; how many."""
    count = still_open().filter(provider=profile.provider).update(set_aside_at=clock.now())
    resolve_if_none(profile.provider, by=by, how=reason)
    return count


def resolve_if_none(provider: str, *, by: str = "system", how: str = "All is understood.") -> None:
    """Close the provider's case when nothing waits any more."""
    if not still_open().filter(provider=provider).exists():
        cases.resolve(KIND, [ProviderProfile.ensured(provider).pk], by=by, resolution=how)


def providers_waiting() -> "QuerySet[ProviderProfile]":
    """The providers of which something waits."""
    return ProviderProfile.objects.filter(
        Exists(still_open().filter(provider=OuterRef("provider")))
    )


def describe(profiles: Sequence[ProviderProfile]) -> list[CaseDraft]:
    """A case for each. What was reported stands in the list, for those who may see addresses."""
    return [
        CaseDraft(
            kind=KIND,
            subject=profile.pk,
            title=f"What {profile.provider} reports",
            summary=HAPPENED,
            source=profile.provider,
        )
        for profile in profiles
    ]


def lists(profile: ProviderProfile) -> Sequence[Listed]:
    """What waits, in the list of what was not understood."""
    rows = still_open().filter(provider=profile.provider)
    narrowed = {"waits": "yes", "provider": profile.provider}
    return [Listed("events that were not understood", rows, narrowed)]


def still_open() -> "QuerySet[UnreadableEvent]":
    """What nobody has set aside."""
    return UnreadableEvent.objects.filter(set_aside_at=None)
