"""Asks providers after parcels, in their queue: the same lock, limits and breaker."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from core.database import clock
from core.database.sql import update_each
from core.failures import each_name
from core.http import Done, Outcome, Response
from core.outbox import ABSENT, DeliveryQueue, Disposition, Job, reclaim_expired, work
from core.workflow import transition_locked
from shipping import providers
from shipping.dispatch import queue
from shipping.exceptions import cases
from shipping.locking import lock_shipment
from shipping.models import Inquiry, Shipment, ShipmentEvent
from shipping.provider_api.base import Provider, TrackedEvent
from shipping.tracking import events

# However much a provider bears: questions must not crowd out parcels.
CONCURRENCY = 5
PER_SECOND = 5.0


def delivery_queue(name: str) -> DeliveryQueue:
    """The questions to a provider. Raises LookupError when there is no such provider."""
    provider = queue.configured_provider(name)
    limits = replace(
        provider.limits,
        concurrency=min(CONCURRENCY, provider.limits.concurrency),
        per_second=min(PER_SECOND, provider.limits.per_second or PER_SECOND),
    )
    return DeliveryQueue(
        name=queue.name_of(name),
        model=Inquiry,
        rows=Q(provider=name),
        prepare=lambda inquiry: _prepare(provider, inquiry),
        record_results=record_results,
        resend_is_safe=True,
        limits=limits,
        related=("shipment",),
    )


def sweep(seconds: float) -> int:
    """Ask what is due, and again what a worker that died was asking; how many were asked."""
    now = clock.now()
    wanted = Inquiry.objects.filter(
        Q(state="queued", next_attempt_at__lte=now) | Q(state="sending", lease_until__lt=now),
        provider__in=providers.names(),
    )
    names = wanted.order_by("provider").values_list("provider", flat=True).distinct()
    return each_name("ask after parcels", names, partial(_sweep, seconds))


def _sweep(seconds: float, name: str) -> int:
    questions = delivery_queue(name)
    reclaim_expired(questions)
    return work(questions, seconds=seconds)


def _prepare(provider: Provider, inquiry: Inquiry) -> Job | Outcome:
    def read(response: Response) -> Outcome:
        outcome = provider.read_look_up(response)
        if outcome is None:
            return ABSENT
        if not isinstance(outcome, Done):
            return outcome
        return Done(
            outcome.reference, {**outcome.details, "status": provider.tracking_status(response)}
        )

    asked = queue.with_url_policy(provider, provider.look_up(inquiry.shipment.reference))
    return queue.endpoint_error(provider) or Job(asked, read)


@transaction.atomic
def record_results(results: Sequence[tuple[Inquiry, Disposition]]) -> None:
    """Record what was answered, where the question is still ours, and let the shipment follow."""
    ours = {
        pk
        for (pk,) in update_each(
            Inquiry,
            ("id", "fence", "state", "next_attempt_at", "lease_until", "last_error", "last_answer"),
            [_values(inquiry, disposition) for inquiry, disposition in results],
            where="t.fence = v.fence",
            expressions={
                "fence": "",
                "next_attempt_at": "coalesce(v.next_attempt_at, t.next_attempt_at)",
            },
        )
    }
    # In the order of cancellations, so that neither waits for the other crosswise.
    for inquiry, disposition in sorted(results, key=lambda pair: pair[0].shipment_id):
        if inquiry.pk in ours and disposition.due is None:
            _apply_answer(inquiry, disposition.outcome)


def _values(inquiry: Inquiry, disposition: Disposition) -> tuple[Any, ...]:
    return (
        inquiry.pk,
        inquiry.fence,
        disposition.state,
        disposition.due,
        None,
        disposition.error,
        disposition.answer,
    )


def _apply_answer(inquiry: Inquiry, outcome: Outcome) -> None:
    """Bring a shipment to what was answered, under its lock.

    An answer from before it was sent again, or given to another provider, says nothing of it now.
    """
    asked = inquiry.shipment
    locked = lock_shipment(asked)
    if (locked.provider, locked.fence, locked.state) != (
        inquiry.provider,
        asked.fence,
        asked.state,
    ):
        return
    if isinstance(outcome, Done):
        _is_there(locked, outcome)
    elif outcome == ABSENT:
        _is_absent(locked)
    else:
        _record_answer(locked, f"could not be asked: {outcome.reason}")


def _is_there(shipment: Shipment, outcome: Done) -> None:
    by, status = f"provider:{shipment.provider}", str(outcome.details.get("status") or "")
    if shipment.state == "unknown":
        now = clock.now()
        changes = {name: outcome.details.get(name) for name in ("tracking_number", "tracking_url")}
        known: dict[str, Any] = {name: value for name, value in changes.items() if value}
        detail = "asked: it has it"
        transition_locked(
            shipment,
            "sent",
            by=by,
            detail=detail,
            doubtful=False,
            sent_at=now,
            news_at=now,
            **known,
        )
        cases.update_cases(shipment, by=by, how="The provider has it.")
    else:
        _record_answer(shipment, f"has it, and says: {status or 'nothing of where it is'}")
    if status and status != shipment.state:
        event_id = f"asked {shipment.reference} {status}"
        event = TrackedEvent(event_id, shipment.reference, status, clock.now(), {"asked": status})
        events.store(shipment.provider, [event])


def _is_absent(shipment: Shipment) -> None:
    """It is not there: so it can go again, or elsewhere, without a second parcel."""
    text = f"{shipment.provider} says that it does not have it"
    if shipment.state in ("sent", "waiting-for-collection"):
        by = f"provider:{shipment.provider}"
        transition_locked(
            shipment, "unknown", by=by, detail=text, doubtful=False, last_error=text, last_answer=""
        )
        cases.update_cases(shipment, by=by, how="The provider does not have it.")
        return
    if shipment.state == "unknown":
        Shipment.objects.filter(pk=shipment.pk).update(
            doubtful=False, last_error=text, last_answer=""
        )
        shipment.doubtful, shipment.last_error = False, text
        cases.open_cases([shipment])
    _record_answer(shipment, "says that it does not have it")


def _record_answer(shipment: Shipment, text: str) -> None:
    ShipmentEvent.objects.create(
        shipment=shipment, kind="asked", detail=f"{shipment.provider} {text}"[:500]
    )
