"""Taking a parcel back that a provider has: asked for in a row, sent as every other request."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from core.database import clock
from core.failures import each_name
from core.http import Done, Outcome, Permanent
from core.outbox import DeliveryQueue, Disposition, Job, reclaim_expired, work
from core.workflow import TransitionNotAllowedError, transition_locked
from shipping import providers, task_names
from shipping.dispatch import queue
from shipping.exceptions import cases
from shipping.locking import lock_shipment
from shipping.models import Cancellation, Shipment, ShipmentEvent
from shipping.provider_api.base import Provider, UnsupportedShipmentError
from shipping.schedules import services as schedules

# Before the carrier has it. Later only the customer can send it back.
ASKABLE = frozenset({"sent", "waiting-for-collection"})
IN_PROGRESS = frozenset({"queued", "sending"})


def ask(shipment: Shipment, *, by: str, reason: str) -> None:
    """Write down that its provider is to be asked. The shipment and its order are locked.

    Raises TransitionNotAllowedError when the provider cannot cancel, or is being asked already.
    """
    if not _adapter(shipment).supports_cancellation:
        raise TransitionNotAllowedError(
            f"{shipment.provider} cannot cancel a parcel that it has taken. Ask them by telephone."
        )
    asked = Cancellation.objects.filter(shipment=shipment).first() or Cancellation()
    if asked.state in IN_PROGRESS:
        raise TransitionNotAllowedError(f"{shipment.provider} is being asked to cancel it already.")
    asked.shipment, asked.provider, asked.actor, asked.reason = (
        shipment,
        shipment.provider,
        by,
        reason[:500],
    )
    asked.state, asked.attempts, asked.first_attempt_at = "queued", 0, None
    asked.last_answer = ""
    asked.doubtful, asked.last_error, asked.next_attempt_at = False, "", clock.now()
    asked.save()
    ShipmentEvent.objects.create(
        shipment=shipment, kind="cancellation-asked", actor=by, detail=reason[:500]
    )
    task_names.cancel_parcels.delay_on_commit(shipment.provider)


def _adapter(shipment: Shipment) -> Provider:
    try:
        return providers.get(shipment.provider)
    except LookupError as missing:
        raise TransitionNotAllowedError(f"Nobody can be asked: {missing}.") from missing


def delivery_queue(name: str) -> DeliveryQueue:
    """The cancellations at a provider. Asking twice cancels no more than asking once."""
    provider = queue.configured_provider(name)
    return DeliveryQueue(
        name=f"cancelling:{name}",
        model=Cancellation,
        rows=Q(provider=name),
        prepare=lambda row: _prepare(provider, row),
        record_results=record_results,
        resend_is_safe=True,
        refused_state="refused",
        limits=provider.limits,
        related=("shipment",),
    )


def send(name: str) -> int:
    """Ask a provider for all that is due; how many were asked for."""
    return work(delivery_queue(name))


def sweep() -> int:
    """Send what was forgotten, take over from lost workers; how many."""
    now = clock.now()
    rows = Cancellation.objects.filter(provider__in=providers.names())
    lost = rows.filter(state="sending", lease_until__lt=now)
    due = rows.filter(state="queued", next_attempt_at__lte=now)
    names = lost.union(due).values_list("provider", flat=True)
    return each_name("cancel parcels", sorted(set(names)), _sweep)


def _sweep(name: str) -> int:
    return reclaim_expired(delivery_queue(name)) + send(name)


def _prepare(provider: Provider, row: Cancellation) -> Job | Outcome:
    try:
        request = queue.with_url_policy(provider, provider.cancel(row.shipment))
        return queue.endpoint_error(provider) or Job(request, provider.read_cancel)
    except UnsupportedShipmentError as error:
        return Permanent(f"{provider.name} cannot be asked: {error}")


@transaction.atomic
def record_results(results: Sequence[tuple[Cancellation, Disposition]]) -> None:
    """Record what came of each, where it is still ours."""
    for row, disposition in sorted(results, key=lambda pair: pair[0].shipment_id):
        _record(row, disposition)


def _record(row: Cancellation, disposition: Disposition) -> None:
    done = isinstance(disposition.outcome, Done)
    shipment = lock_shipment(row.shipment)
    ours = Cancellation.objects.filter(pk=row.pk, fence=row.fence).update(
        state="done" if done else disposition.state,
        next_attempt_at=disposition.due or row.next_attempt_at,
        lease_until=None,
        doubtful=disposition.in_doubt,
        last_error=disposition.error,
        last_answer=disposition.answer,
    )
    if not ours:
        return
    if done:
        _cancelled(shipment, row)
        schedules.finish(shipment.order, by=row.actor)
        return
    kind = {"refused": "cancellation-refused", "unknown": "cancellation-unknown"}
    ShipmentEvent.objects.create(
        shipment=shipment,
        kind=kind.get(disposition.state, "cancellation-failed"),
        actor=f"provider:{row.provider}",
        detail=disposition.error,
    )


def _cancelled(shipment: Shipment, row: Cancellation) -> None:
    """What the carrier has reported since is true all the same: then only the answer is noted."""
    detail = f"{row.provider} has cancelled it. {row.reason}"[:500]
    try:
        transition_locked(shipment, "cancelled", by=row.actor, detail=detail)
    except TransitionNotAllowedError:
        ShipmentEvent.objects.create(
            shipment=shipment, kind="cancelled-too-late", actor=row.actor, detail=detail
        )
        return
    cases.update_cases(shipment, by=row.actor, how="The provider has cancelled it.")
