"""Hands shipments to their providers: a lane each, worked in chunks, settled in bulk."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from core.http import Done, Outcome, Permanent, Reader, Response, Unknown
from core.outbox import ABSENT, Job, Lane, Settlement, work
from core.sql import update_each
from shipping import providers, troubles
from shipping.models import Shipment, ShipmentEvent
from shipping.providers import NotExpressible, Provider


def lane(name: str) -> Lane:
    """The queue to a provider. Raises LookupError when there is no such provider."""
    provider = providers.get(name)
    return Lane(
        name=f"shipping:{name}",
        model=Shipment,
        rows=Q(provider=name),
        prepare=lambda shipment: _prepare(provider, shipment),
        settle=settle,
        resend_is_safe=provider.resend_is_safe,
        limits=provider.limits,
        related=("order",),
        prefetch=("order__lines",),
    )


def dispatch(shipment_id: int | None = None) -> int:
    """Hand over what is due where this shipment goes, or everywhere; how many were attempted.

    The key only says where to look: what is due there goes out together, this one or not.
    """
    return sum(work(lane(name)) for name in _providers(shipment_id))


def _providers(shipment_id: int | None) -> Sequence[str]:
    if shipment_id is None:
        return busy()
    return list(Shipment.objects.filter(pk=shipment_id).values_list("provider", flat=True))


def busy() -> list[str]:
    """The providers for which something is due, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, [list(providers.names()), timezone.now()])
        return [name for (name,) in cursor.fetchall()]


def abandoned() -> list[str]:
    """The providers whose worker has died between claim and answer, in one statement."""
    names = providers.names()
    lost = Shipment.objects.filter(
        provider__in=names, state="sending", lease_until__lt=timezone.now()
    )
    return list(lost.order_by("provider").values_list("provider", flat=True).distinct())


_BUSY = """
SELECT name FROM unnest(%s) AS name
WHERE EXISTS (SELECT 1 FROM shipping_shipment s
              WHERE s.provider = name AND s.state = 'queued' AND s.next_attempt_at <= %s)
"""


def _prepare(provider: Provider, shipment: Shipment) -> Job | Outcome:
    """What to send. A doubtful shipment is looked up first, where that can be done."""
    try:
        made = provider.create(shipment, list(shipment.order.lines.all()))
    except NotExpressible as error:
        return Permanent(f"{provider.name} cannot take it: {error}", code="not-expressible")
    creating = made if isinstance(made, Outcome) else Job(made, provider.read)
    if not (shipment.doubtful and provider.looks_up and isinstance(creating, Job)):
        return creating
    return Job(provider.look_up(shipment.reference), _looked_up(provider), otherwise=creating)


def _looked_up(provider: Provider) -> Reader:
    """A refusal to look it up is no refusal of the shipment: it stays in doubt."""

    def read(response: Response) -> Outcome:
        outcome = provider.read_look_up(response)
        if outcome is None:
            return ABSENT
        if isinstance(outcome, Permanent):
            return Unknown(f"could not look it up: {outcome.reason}")
        return outcome

    return read


@transaction.atomic
def settle(settled: Sequence[tuple[Shipment, Settlement]]) -> None:
    """Record a chunk where it is still ours: an event for each, a case where staff must look.

    A tracking event may have moved a shipment on while it was being sent. Its state stays, and
    what the provider answered is recorded all the same.
    """
    now = timezone.now()
    recorded = update_each(
        Shipment,
        _COLUMNS,
        [_values(shipment, settlement, now) for shipment, settlement in settled],
        where="t.fence = v.fence",
        expressions=_EXPRESSIONS,
        returning="t.id, t.state",
    )
    states = dict(recorded)
    ShipmentEvent.objects.bulk_create(
        _event(shipment, settlement, states[shipment.pk])
        for shipment, settlement in settled
        if shipment.pk in states
    )
    troubles.note(
        _settled_as(shipment, settlement)
        for shipment, settlement in settled
        if states.get(shipment.pk) == settlement.state
    )


def _settled_as(shipment: Shipment, settlement: Settlement) -> Shipment:
    shipment.state, shipment.last_error = settlement.state, settlement.error
    return shipment


_COLUMNS = (
    "id",
    "fence",
    "state",
    "next_attempt_at",
    "lease_until",
    "doubtful",
    "last_error",
    "provider_reference",
    "tracking_number",
    "tracking_url",
    "sent_at",
)
_EXPRESSIONS = {
    "fence": "",
    "state": "CASE WHEN t.state = 'sending' THEN v.state ELSE t.state END",
    "next_attempt_at": "coalesce(v.next_attempt_at, t.next_attempt_at)",
    "provider_reference": "coalesce(nullif(v.provider_reference, ''), t.provider_reference)",
    "tracking_number": "coalesce(nullif(v.tracking_number, ''), t.tracking_number)",
    "tracking_url": "coalesce(nullif(v.tracking_url, ''), t.tracking_url)",
    "sent_at": "coalesce(t.sent_at, v.sent_at)",
}


def _values(shipment: Shipment, settlement: Settlement, now: object) -> tuple[object, ...]:
    outcome = settlement.outcome
    taken = outcome if isinstance(outcome, Done) else Done()
    return (
        shipment.pk,
        shipment.fence,
        settlement.state,
        settlement.due,
        None,
        settlement.doubtful,
        settlement.error,
        taken.reference,
        taken.details.get("tracking_number", ""),
        taken.details.get("tracking_url", ""),
        now if isinstance(outcome, Done) else None,
    )


def _event(shipment: Shipment, settlement: Settlement, state: str) -> ShipmentEvent:
    """Without states when the shipment's state was not ours to move any more."""
    moved = state == settlement.state
    return ShipmentEvent(
        shipment=shipment,
        kind=_kind(settlement),
        from_state="sending" if moved else "",
        to_state=state if moved else "",
        detail=settlement.error or f"taken by {shipment.provider}",
    )


def _kind(settlement: Settlement) -> str:
    if isinstance(settlement.outcome, Done):
        return "sent"
    if settlement.state == "rejected":
        return "rejected"
    in_doubt = settlement.state == "unknown" or isinstance(settlement.outcome, Unknown)
    return "unknown" if in_doubt else "attempt-failed"
