"""Who carries a parcel that its provider provably has not taken and cannot take now.

Only on proof: nothing was sent, service was refused, a look-up said that it is not there. A parcel
in doubt, or refused for what it is, goes nowhere by itself. It keeps its key and reference.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from django.db.models import QuerySet, prefetch_related_objects

from core import shutdown
from core.database import clock
from core.failures import resting, together
from core.http import Temporary
from core.models import Circuit
from core.outbox import QUEUED, Disposition
from shipping import task_names
from shipping.models import Shipment, ShipmentEvent
from shipping.routing.router import Router

CHUNK = 500
WORK_FOR = 10.0
# What a failure is known by (core/failures.py), before the row's number.
REASSIGN = "give to another provider the shipment"


def is_proven(disposition: Disposition) -> bool:
    """Whether the parcel certainly was not taken, and not for what it is."""
    outcome = disposition.outcome
    not_taken = isinstance(outcome, Temporary) and outcome.not_taken
    return disposition.state == QUEUED and not disposition.in_doubt and not_taken


def alternatives(shipments: Sequence[Shipment]) -> dict[int, list[str]]:
    """Who else may carry each, the next after its provider first; left out who takes none now."""
    if not shipments:
        return {}
    router, resting = Router.load(), resting_now()
    prefetch_related_objects(shipments, "order__lines__product", "revision")
    able = {name for name, why in router.usable.items() if not why} - resting
    names_by_shipment = {}
    for shipment in shipments:
        ranked = _ranked_after(shipment.provider, router.route(shipment.as_ordered).preference)
        open_to_it = able.difference(shipment.may_be_with)
        names_by_shipment[shipment.pk] = [name for name in ranked if name in open_to_it]
    return names_by_shipment


def _ranked_after(provider: str, preference: Sequence[str]) -> list[str]:
    """The others in their order, round and round, beginning behind this one."""
    place = preference.index(provider) + 1 if provider in preference else 0
    others = [*preference[place:], *preference[:place]]
    return [name for name in others if name != provider]


def resting_now() -> set[str]:
    """The providers whose circuit is open."""
    names = Circuit.objects.filter(name__startswith="shipping:", open_until__isnull=False)
    return {name.partition(":")[2] for name in names.values_list("name", flat=True)}


def reassign_waiting() -> int:
    """Give what waits for a provider that takes nothing now to the next one; how many.

    That is one that is switched off, or whose circuit is open. Only parcels that are not in
    doubt: either they were never sent, or it is proven that they were not taken.
    """
    router = Router.load()
    idle = resting_now() | {name for name, why in router.usable.items() if why}
    waiting = _waiting(idle if router.rules else ())
    rows = waiting.exclude(pk__in=resting(REASSIGN, waiting)).order_by("pk")
    moved, after, end = 0, 0, time.monotonic() + WORK_FOR
    while time.monotonic() < end and not shutdown.is_requested():
        chunk = list(rows.filter(pk__gt=after).values_list("pk", flat=True)[:CHUNK])
        if not chunk:
            break
        moved, after = moved + together(REASSIGN, chunk, partial(_move, waiting)), chunk[-1]
    return moved


def _waiting(idle: Collection[str]) -> "QuerySet[Shipment]":
    due = Shipment.objects.filter(state=QUEUED, doubtful=False, next_attempt_at__lte=clock.now())
    return due.filter(provider__in=idle)


def _move(waiting: "QuerySet[Shipment]", ids: Sequence[int]) -> int:
    """Of these, how many went elsewhere."""
    chosen = waiting.filter(pk__in=ids).order_by("pk")
    rows = list(chosen.select_for_update(skip_locked=True, of=("self",), no_key=True))
    elsewhere = {pk: names[0] for pk, names in alternatives(rows).items() if names}
    _reassign(rows, elsewhere)
    return len(elsewhere)


def _reassign(rows: Sequence[Shipment], elsewhere: Mapping[int, str]) -> None:
    for name in set(elsewhere.values()):
        keys = [pk for pk, chosen in elsewhere.items() if chosen == name]
        Shipment.objects.filter(pk__in=keys).update(provider=name)
        task_names.dispatch.delay_on_commit(name)
    ShipmentEvent.objects.bulk_create(
        ShipmentEvent(
            shipment=row,
            kind="failed-over",
            detail=f"{row.provider} takes no parcels at the moment: goes by {elsewhere[row.pk]}",
        )
        for row in rows
        if row.pk in elsewhere
    )
