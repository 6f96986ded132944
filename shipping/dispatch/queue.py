"""Hands shipments to their providers: a queue each, worked in chunks, recorded in bulk."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from core.database import clock
from core.database.sql import update_each
from core.failures import each_name
from core.http import Done, Outcome, Permanent, Reader, Request, Response, Temporary, Unknown
from core.outbox import ABSENT, DeliveryQueue, Disposition, Job, decide, work
from shipping import providers, task_names
from shipping.dispatch import failover
from shipping.exceptions import cases
from shipping.models import ProviderProfile, Shipment, ShipmentEvent
from shipping.provider_api import endpoints
from shipping.provider_api.base import Provider, UnsupportedShipmentError

_Results = Sequence[tuple[Shipment, Disposition]]


def delivery_queue(name: str) -> DeliveryQueue:
    """The queue to a provider. Raises LookupError when there is no such provider."""
    provider = configured_provider(name)
    queue = DeliveryQueue(
        name=name_of(name),
        model=Shipment,
        rows=Q(provider=name),
        prepare=lambda shipment: _prepare(provider, shipment),
        record_results=lambda results: record_results(_kept_for_correction(queue, results)),
        resend_is_safe=provider.resend_is_safe,
        limits=provider.limits,
        related=("order",),
        prefetch=("order__lines", "revision"),
    )
    return queue


def name_of(provider: str) -> str:
    """What the queue to a provider is called; one that asks after parcels shares its limits."""
    return f"shipping:{provider}"


def configured_provider(name: str) -> Provider:
    """A provider at the address that staff typed, if they did. Raises LookupError."""
    url = ProviderProfile.of(name).url
    return providers.get(name).with_url(url) if url else providers.get(name)


def dispatch(provider: str = "") -> int:
    """Hand over what is due at this provider, or everywhere; how many were attempted."""
    return each_name(
        "send parcels", providers_due(provider), lambda name: work(delivery_queue(name))
    )


def providers_due(provider: str = "") -> list[str]:
    """The providers for which something is due, of all or of this one, in one statement.

    One that staff have switched off is left alone.
    """
    values: dict[str, Any] = {
        "names": list(providers.names()),
        "now": clock.now(),
        "only": provider,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, values)
        return [name for (name,) in cursor.fetchall()]


def providers_with_expired_leases() -> list[str]:
    """The providers whose worker has died between claim and answer, in one statement."""
    names = providers.names()
    lost = Shipment.objects.filter(provider__in=names, state="sending", lease_until__lt=clock.now())
    return list(lost.order_by("provider").values_list("provider", flat=True).distinct())


_BUSY = """
SELECT name FROM unnest(%(names)s) AS name
WHERE EXISTS (SELECT 1 FROM shipping_shipment s
              WHERE s.provider = name AND s.state = 'queued' AND s.next_attempt_at <= %(now)s)
  AND %(only)s IN ('', name)
  AND NOT EXISTS (SELECT 1 FROM shipping_providerprofile p
                  WHERE p.provider = name AND NOT p.is_active)
"""


def _prepare(provider: Provider, shipment: Shipment) -> Job | Outcome:
    """What to send. A doubtful shipment is looked up first, where that can be done."""
    if missing := provider.missing():
        return Temporary(f"{provider.name} is not set up: {', '.join(missing)} is missing")
    if refused := endpoint_error(provider):
        return refused
    try:
        made = provider.create(shipment, shipment.lines)
    except UnsupportedShipmentError as error:
        return Permanent(f"{provider.name} cannot take it: {error}", code="not-expressible")
    if isinstance(made, Outcome):
        return made
    creating = Job(with_url_policy(provider, made), provider.read)
    if not (shipment.doubtful and provider.supports_lookup):
        return creating
    asking = with_url_policy(provider, provider.look_up(shipment.reference))
    return Job(asking, _looked_up(provider), otherwise=creating)


def endpoint_error(provider: Provider) -> Temporary | None:
    """Why the address that staff typed is not called (any more); None when it may be."""
    why = endpoints.why_blocked(provider.typed_url) if provider.typed_url else ""
    return Temporary(f"the address of {provider.name} is not called: {why}") if why else None


def with_url_policy(provider: Provider, request: Request) -> Request:
    """To an address that staff typed over the public internet only; no answer shows a secret."""
    typed = bool(provider.typed_url) and not endpoints.is_stand_in(provider.typed_url)
    hidden = provider.secret_values()
    return replace(request, public_only=typed or request.public_only, hidden=hidden)


def _looked_up(provider: Provider) -> Reader:
    """A refusal to look it up is no refusal of the shipment: it stays in doubt."""

    def read(response: Response) -> Outcome:
        outcome = provider.read_look_up(response)
        if outcome is None:
            return ABSENT
        if isinstance(outcome, Permanent):
            return Unknown(f"could not look it up: {outcome.reason}", outcome.answer)
        return outcome

    return read


def _kept_for_correction(queue: DeliveryQueue, results: _Results) -> _Results:
    """A wrong address is corrected, and then they go out: it refuses no shipment for good."""
    return [
        (row, decide(row, Temporary(each.error), queue) if _is_address_refused(each) else each)
        for row, each in results
    ]


def _is_address_refused(disposition: Disposition) -> bool:
    outcome = disposition.outcome
    return isinstance(outcome, Permanent) and outcome.code == "address-refused"


@transaction.atomic
def record_results(results: _Results) -> None:
    """Record a chunk where it is still ours: an event for each, a case where staff must look.

    What provably was not taken goes by the next provider of the rules, if there is one.

    A tracking event may have moved a shipment on while it was being sent. Its state stays, and
    what the provider answered is recorded all the same.
    """
    now = clock.now()
    proven = [shipment for shipment, disposition in results if failover.is_proven(disposition)]
    if proven:
        others = failover.alternatives(proven)
        results = [_passed_on(row, disposition, others.get(row.pk)) for row, disposition in results]
    recorded = update_each(
        Shipment,
        _COLUMNS,
        [_values(shipment, disposition, now) for shipment, disposition in results],
        where="t.fence = v.fence",
        expressions=_EXPRESSIONS,
        returning="t.id, t.state",
    )
    states = dict(recorded)
    ShipmentEvent.objects.bulk_create(
        _event(shipment, disposition, states[shipment.pk])
        for shipment, disposition in results
        if shipment.pk in states
    )
    wrong = [
        _as_recorded(shipment, disposition)
        for shipment, disposition in results
        if disposition.state in cases.OF_STATE and states.get(shipment.pk) == disposition.state
    ]
    if wrong:
        cases.open_cases(wrong)


def _passed_on(
    shipment: Shipment, disposition: Disposition, others: Sequence[str] | None
) -> tuple[Shipment, Disposition]:
    """The next provider has it at once; when each has had its turn, after a pause."""
    if not others:
        return shipment, disposition
    shipment.passed_on_from, shipment.provider = shipment.provider, others[0]
    due = clock.now() if shipment.attempts <= len(others) else disposition.due
    task_names.dispatch.delay_on_commit(shipment.provider)
    return shipment, replace(disposition, due=due)


def _as_recorded(shipment: Shipment, disposition: Disposition) -> Shipment:
    shipment.state, shipment.last_error = disposition.state, disposition.error
    return shipment


_COLUMNS = (
    "id",
    "fence",
    "state",
    "provider",
    "next_attempt_at",
    "lease_until",
    "doubtful",
    "last_error",
    "last_answer",
    "provider_reference",
    "tracking_number",
    "tracking_url",
    "sent_at",
    "news_at",
)
_EXPRESSIONS = {
    "fence": "",
    "state": "CASE WHEN t.state = 'sending' THEN v.state ELSE t.state END",
    "provider": "CASE WHEN t.state = 'sending' THEN v.provider ELSE t.provider END",
    "next_attempt_at": "coalesce(v.next_attempt_at, t.next_attempt_at)",
    "provider_reference": "coalesce(nullif(v.provider_reference, ''), t.provider_reference)",
    "tracking_number": "coalesce(nullif(v.tracking_number, ''), t.tracking_number)",
    "tracking_url": "coalesce(nullif(v.tracking_url, ''), t.tracking_url)",
    "sent_at": "coalesce(t.sent_at, v.sent_at)",
    "news_at": "coalesce(v.news_at, t.news_at)",
}


def _values(shipment: Shipment, disposition: Disposition, now: object) -> tuple[object, ...]:
    outcome = disposition.outcome
    taken = outcome if isinstance(outcome, Done) else Done()
    return (
        shipment.pk,
        shipment.fence,
        disposition.state,
        shipment.provider,
        disposition.due,
        None,
        disposition.in_doubt,
        disposition.error,
        disposition.answer,
        taken.reference,
        taken.details.get("tracking_number", ""),
        taken.details.get("tracking_url", ""),
        now if isinstance(outcome, Done) else None,
        now if isinstance(outcome, Done) else None,
    )


def _event(shipment: Shipment, disposition: Disposition, state: str) -> ShipmentEvent:
    """Without states when the shipment's state was not ours to move any more."""
    moved = state == disposition.state
    return ShipmentEvent(
        shipment=shipment,
        kind="failed-over" if moved and shipment.passed_on_from else _kind(disposition),
        from_state="sending" if moved else "",
        to_state=state if moved else "",
        detail=_event_detail(shipment, disposition) if moved else disposition.error,
    )


def _event_detail(shipment: Shipment, disposition: Disposition) -> str:
    if not shipment.passed_on_from:
        return disposition.error or f"taken by {shipment.provider}"
    tail = f": goes by {shipment.provider}"
    return f"{shipment.passed_on_from}: {disposition.error}"[: 500 - len(tail)] + tail


def _kind(disposition: Disposition) -> str:
    if isinstance(disposition.outcome, Done):
        return "sent"
    if disposition.state == "rejected":
        return "rejected"
    in_doubt = disposition.state == "unknown" or isinstance(disposition.outcome, Unknown)
    return "unknown" if in_doubt else "attempt-failed"
