"""The verbs of shipments. Each writes its event in the transaction of the change."""

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from core.database import clock
from core.database.unit_of_work import unit_of_work
from core.outbox import QUEUED
from core.risks import check_reason, weigh
from core.workflow import TransitionNotAllowedError, transition, transition_locked
from orders.models import Order, OrderLine
from shipping import providers, task_names
from shipping.dispatch import cancellations
from shipping.exceptions import cases, risks
from shipping.locking import lock_as_seen, lock_shipment
from shipping.models import Shipment, ShipmentEvent
from shipping.provider_api.base import UnsupportedShipmentError
from shipping.routing.router import Router
from shipping.schedules import services as schedules
from shipping.schedules.batches import batch_for_now
from shipping.schedules.recurrence import local_date
from shipping.states import EXCEPTIONS, UNSENT
from shipping.tracking import events

logger = logging.getLogger(__name__)


def create_shipments(order: Order, *, by: str, checked: bool = True) -> None:
    """Write down that an order is to be shipped: its one parcel, or its schedule and the first.

    Does nothing for an order without a parcel or without an address. To be called once. Raises
    ValidationError (`delivery_address`) when its provider could not print it; not `checked`, its
    shipment is made all the same, and rejected for staff when its turn comes.
    """
    if not order.ships:
        return
    if order.shipping_interval == "none":
        create_parcel(order, order.number, by=by, checked=checked)
    else:
        schedule = schedules.start(order, by=by)
        first = {"schedule": schedule, "occurrence": 0}
        create_parcel(order, f"{order.number}.0", by=by, checked=checked, **first)
        transition(order, "active", by=by)


def create_parcel(
    order: Order, reference: str, *, by: str, checked: bool, **columns: object
) -> Shipment:
    """Make a shipment of an order, routed by what it is now; queued, or scheduled for its batch.

    `columns` are others of its columns. Raises ValidationError (`delivery_address`) when its
    provider could not print it and it is `checked`.
    """
    router = Router.load()
    route = router.route(order)
    batch = batch_for_now(route.provider, clock.now(), router.profile(route.provider).calendar)
    shipment = Shipment(
        order=order,
        reference=reference,
        provider=batch.provider,
        state=batch.state,
        delivery_service=order.delivery_service,
        ship_on=batch.ship_on,
        **order.address(),
        **columns,
    )
    if checked:
        check_supported(shipment, order.lines.all())
    event = ShipmentEvent(
        shipment=shipment,
        kind=batch.state,
        to_state=batch.state,
        actor=by,
        detail=route.because[:500],
    )
    with unit_of_work() as unit:
        unit.add(shipment)
        unit.add(event)
        events.link_parked(shipment)
    if batch.state == "queued":
        task_names.dispatch.delay_on_commit(shipment.provider)
    return shipment


def check_supported(
    shipment: Shipment,
    lines: Iterable[OrderLine],
    field: str = "delivery_address",
    *,
    despite_faults: bool = True,
) -> None:
    """Raise ValidationError, on a field, when its provider's contract cannot say it.

    A fault of its adapter refuses no order: it goes by another provider, or after the mend. Staff
    who choose the provider are refused (`despite_faults=False`).
    """
    try:
        providers.get(shipment.provider).create(shipment, list(lines))
    except UnsupportedShipmentError as error:
        text = f"{shipment.provider} cannot take it: {error}."
        raise ValidationError({field: text}) from error
    except Exception as error:
        kind = type(error).__name__
        logger.error("%s in %s", kind, shipment.provider)
        if not despite_faults:
            text = f"Dosette's part for {shipment.provider} has a fault here ({kind})."
            raise ValidationError({field: text}) from error


def stop_shipments(order: Order, *, by: str) -> None:
    """Stop what a cancelled order has not sent yet: its schedule, its unsent shipments.

    Raises TransitionNotAllowedError when a parcel of it is with a provider, or may be. A recurring
    order can be cancelled all the same, for the parcels that have left; only not while one is being
    sent.
    """
    schedule = schedules.cancel_of_order(order, by=by)
    shipments = order.shipments.select_for_update(of=("self",), no_key=True).order_by("id")
    for shipment in shipments.exclude(state__in=("cancelled", "delivered", "missed")):
        elsewhere = schedule is None and bool(shipment.may_be_with)
        if shipment.state in UNSENT and not shipment.doubtful and not elsewhere:
            transition_locked(shipment, "cancelled", by=by, detail="the order was cancelled")
            cases.update_cases(shipment, by=by, how="Its order was cancelled.")
        elif schedule is None or shipment.state == "sending":
            raise _handed_over(shipment)


def _handed_over(shipment: Shipment) -> TransitionNotAllowedError:
    if shipment.state == "sending":
        return TransitionNotAllowedError(
            f"Shipment {shipment.reference} is being handed to the provider right now. "
            "Try again in a minute."
        )
    return TransitionNotAllowedError(
        f"Shipment {shipment.reference} is {shipment.state}: it has already been handed to the "
        "provider, or may have been, so its order cannot be cancelled. Cancel the shipment first."
    )


@transaction.atomic
def retry(shipment: Shipment, *, by: str, reason: str = "", despite_risk: bool = False) -> Shipment:
    """Queue a shipment again that is unknown, rejected or missed, under the same key.

    It stays in doubt: a second try that is refused says nothing of the first. Raises
    UnsafeActionError when that would make a second parcel (`risks.resend_risk`) unless
    `despite_risk` was said, then ValidationError (`reason`) without a reason;
    TransitionNotAllowedError for any other state, for an order that has ended, and when it was
    tried again since it was read.
    """
    locked = lock_as_seen(shipment)
    Shipment.WORKFLOW.check(locked, QUEUED)
    if locked.provider not in providers.names():
        raise TransitionNotAllowedError(
            f"Nothing can be sent: there is no shipping provider {locked.provider}."
        )
    detail = risks.weigh_resend(locked, despite_risk=despite_risk, reason=reason)
    may_be_with = risks.holders_after_resend(locked)
    return requeue(locked, by=by, detail=detail, may_be_with=may_be_with)


def requeue(locked: Shipment, *, by: str, detail: str = "", **changes: Any) -> Shipment:
    """Queue a shipment, which the caller has locked and decided about, for another try."""
    now = clock.now()
    transition_locked(
        locked,
        QUEUED,
        by=by,
        kind="retried",
        detail=detail,
        attempts=0,
        first_attempt_at=None,
        next_attempt_at=now,
        ship_on=local_date(now, settings.TIME_ZONE),
        **changes,
    )
    cases.update_cases(locked, by=by, how="It is sent again.")
    task_names.dispatch.delay_on_commit(locked.provider)
    return locked


@transaction.atomic
def cancel(
    shipment: Shipment, *, by: str, reason: str = "", despite_risk: bool = False
) -> Shipment:
    """Cancel a shipment that no provider has; staff may also give up an unknown or failed one.

    One that a provider has taken is cancelled there, where it can be: until its answer, which a
    worker waits for, the shipment stays as it is. Raises TransitionNotAllowedError where it cannot,
    once the carrier has it, and while a try is under way or in doubt; UnsafeActionError when it may
    be with somebody all the same (`risks.second_parcel_risk`) unless `despite_risk` was said;
    ValidationError (`reason`) without a reason then, and for one that went wrong.
    """
    locked = lock_shipment(shipment)
    _check_decided(locked)
    asks = locked.state in cancellations.ASKABLE
    if not asks:
        Shipment.WORKFLOW.check(locked, "cancelled")
    detail = weigh(risks.second_parcel_risk(locked), despite_risk=despite_risk, reason=reason)
    if locked.state in EXCEPTIONS:
        check_reason(reason)
    if asks:
        cancellations.ask(locked, by=by, reason=detail)
        return locked
    transition_locked(locked, "cancelled", by=by, detail=detail)
    cases.update_cases(locked, by=by, how="It was cancelled.")
    schedules.finish(locked.order, by=by)
    return locked


def _check_decided(locked: Shipment) -> None:
    """Raise TransitionNotAllowedError while a try is under way, or its outcome is being found
    out."""
    looked_up = locked.state == QUEUED and locked.doubtful and risks.resend_is_safe(locked.provider)
    if locked.state == "sending" or looked_up:
        raise TransitionNotAllowedError(
            f"Shipment {locked.reference} may be with the provider: that is being found out. "
            "Try again when it is sent, rejected or unknown."
        )
