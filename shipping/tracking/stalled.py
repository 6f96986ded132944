"""Finds parcels whose provider is silent: asks it, and in the end opens a case for staff.

A shipment that is with its provider is asked after when it has been silent for the first
two of its provider's three times, and is a case at the third; where the provider cannot be asked,
at the first. One that came back is not waited for. All of it is set-based, and bounded by chunks.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from core import cases
from core.database import clock
from core.failures import resting, together
from shipping import providers
from shipping.exceptions import cases as parcel_cases
from shipping.models import ProviderProfile, Shipment
from shipping.provider_api.base import Provider
from shipping.states import MOVING, STALLED_STAGE

CHUNK = 500
# Questions of one chunk are spread over this time, so that nobody is asked hundreds at once.
SPREAD = timedelta(minutes=10)
# What a failure is known by (core/failures.py), before the row's number.
FIND_STALLED = "look after the silent shipment"


def find_stalled() -> int:
    """One pass over all providers; how many shipments were asked after or put before staff."""
    thresholds = _thresholds()
    values: dict[str, Any] = {**thresholds, "moving": list(MOVING), "chunk": CHUNK}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, values | {"ids": resting(FIND_STALLED, _silent(thresholds))})
        silent = [pk for (pk,) in cursor.fetchall()]
    return together(FIND_STALLED, silent, partial(_escalate, values))


def _silent(thresholds: dict[str, list[Any]]) -> "QuerySet[Shipment]":
    """The same rows as `_FIND`'s, however many."""
    stages = zip(thresholds["providers"], thresholds["befores"], thresholds["sinces"], strict=True)
    each = (Q(provider=name, quiet=quiet, news_at__lt=since) for name, quiet, since in stages)
    rows = Shipment.objects.filter(reduce(or_, each), state__in=MOVING)
    return rows.exclude(returns__state="received")


def _escalate(values: dict[str, Any], ids: Sequence[int]) -> int:
    """Mark these, ask after them or put them before staff; how many were still silent."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, values | {"ids": list(ids)})
        quiet = dict(cursor.fetchall())
    stalled = [pk for pk, stage in quiet.items() if stage == STALLED_STAGE]
    if stalled:
        cases.open(parcel_cases.describe_stalled(list(Shipment.objects.filter(pk__in=stalled))))
    ask(quiet.keys() - set(stalled))
    return len(quiet)


def _thresholds() -> dict[str, list[Any]]:
    """Provider, the stage that a shipment comes to, one that it may be at until then, and since
    when it must have been silent: a column each."""
    profiles = {profile.provider: profile for profile in ProviderProfile.objects.all()}
    now = clock.now()
    rows: list[tuple[str, int, int, datetime]] = []
    for name in providers.names():
        hours = (profiles.get(name) or ProviderProfile(provider=name)).quiet_hours
        for stage, after in _stages(providers.get(name), hours):
            since = now - timedelta(hours=after)
            rows += [(name, stage, before, since) for before in range(stage)]
    columns = ("providers", "stages", "befores", "sinces")
    return dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))


def _stages(provider: Provider, hours: Sequence[int]) -> list[tuple[int, int]]:
    """Nothing is expected of a provider that neither reports nor answers."""
    if provider.supports_lookup:
        return list(enumerate(hours, 1))
    return [(STALLED_STAGE, hours[0])] if provider.sends_webhooks else []


# Stage by stage, so that the index leads to those alone that are due, however many are silent. The
# stages are counted out in Python: the planner would guess a thousand, and read the whole table.
_DUE = """
SELECT s.id, v.stage
FROM unnest(%(providers)s::text[], %(stages)s::int[], %(befores)s::int[],
            %(sinces)s::timestamptz[]) AS v (provider, stage, quiet, since),
LATERAL (
    SELECT id FROM shipping_shipment p
    WHERE provider = v.provider AND quiet = v.quiet AND news_at < v.since
      AND state = ANY(%(moving)s) AND {which}
      AND NOT EXISTS (
          SELECT FROM shipping_return r WHERE r.shipment_id = p.id AND r.state = 'received'
      )
    ORDER BY news_at LIMIT %(chunk)s {lock}
) AS s
"""
_OTHERS = _DUE.format(which="id <> ALL(%(ids)s)", lock="")
_FIND = f"SELECT DISTINCT id FROM ({_OTHERS}) AS due"  # noqa: S608 - of our own words only
_LOCKED = _DUE.format(which="id = ANY(%(ids)s)", lock="FOR NO KEY UPDATE SKIP LOCKED")
_MARK = f"""
WITH due AS ({_LOCKED}), furthest AS (SELECT id, max(stage) AS stage FROM due GROUP BY id)
UPDATE shipping_shipment s SET quiet = f.stage FROM furthest f WHERE s.id = f.id
RETURNING s.id, s.quiet
"""  # noqa: S608 - of our own words only


def ask(ids: Collection[int], *, at_once: bool = False) -> int:
    """Ask the providers of these shipments after them; how many questions are new.

    One that is waiting or under way is not asked twice.
    """
    if not ids:
        return 0
    spread = 0 if at_once else SPREAD.total_seconds()
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [clock.now(), spread, list(ids)])
        asked: int = cursor.rowcount
    return asked


_ASK = """
INSERT INTO shipping_inquiry AS i
    (shipment_id, provider, state, attempts, next_attempt_at, fence, doubtful, last_error)
SELECT id, provider, 'queued', 0, %s + random() * %s * interval '1 second', 0, FALSE, ''
FROM shipping_shipment WHERE id = ANY(%s)
ON CONFLICT (shipment_id) DO UPDATE
SET provider = excluded.provider, state = 'queued', attempts = 0, first_attempt_at = NULL,
    next_attempt_at = excluded.next_attempt_at, doubtful = FALSE, last_error = '', last_answer = ''
WHERE i.state NOT IN ('queued', 'sending')
"""


def record_contact(shipment: Shipment, *, by: str, how: str = "There is news of it.") -> None:
    """Count its silence from now: its provider reported it, or staff have decided to wait."""
    Shipment.objects.filter(pk=shipment.pk).update(news_at=clock.now(), quiet=0)
    if shipment.quiet:
        cases.resolve(parcel_cases.STALLED, [shipment.pk], by=by, resolution=how)
