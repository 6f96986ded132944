"""What staff do about a parcel that went wrong. Each verb writes its event and ends the case."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import clock
from core.outbox import QUEUED
from core.states import IllegalMove, move
from orders.models import Order
from orders.rules import check_address
from orders.services import correct_address
from shipping import providers, services, tracking, troubles
from shipping.models import Shipment, ShipmentEvent, TrackingEvent
from shipping.providers import NotExpressible
from shipping.routing import Router

UNDECIDED = frozenset({"unknown", "rejected", "missed"})


def resend_risk(shipment: Shipment) -> str:
    """What speaks against sending it again to the same provider; empty when nothing does."""
    adapter = _adapter(shipment.provider)
    if not shipment.doubtful or adapter is None or adapter.looks_up or adapter.deduplicates:
        return ""
    return (
        f"{shipment.provider} may have it already. It cannot be asked, and would take it a "
        "second time: ask them by telephone first."
    )


def second_parcel_risk(shipment: Shipment) -> str:
    """What speaks against giving it to another provider, or giving it up; empty when nothing."""
    if not shipment.doubtful:
        return ""
    return f"{shipment.provider} may have it already, and deliver it all the same."


@transaction.atomic
def send_again(shipment: Shipment, *, by: str, reason: str = "") -> Shipment:
    """Send it to the same provider, under the same key; whether that is safe, `resend_risk` says.

    Raises IllegalMove unless it is unknown, rejected or missed, as it was when that was asked.
    """
    _locked(shipment)
    return services.retry(shipment, by=by, reason=reason)


@transaction.atomic
def send_by(shipment: Shipment, *, by: str, provider: str, reason: str = "") -> Shipment:
    """Give it to another provider, under the same key and reference.

    Whether that is safe, `second_parcel_risk` says: the caller has asked. Raises IllegalMove
    unless it is unknown, rejected or missed, and for a cancelled order; ValidationError
    (`provider`) for one that is not in use, has it already or cannot take it.
    """
    locked = _locked(shipment)
    if provider == locked.provider:
        raise ValidationError({"provider": "Choose another provider."})
    if why := Router.load().usable.get(provider, "there is no such provider"):
        raise ValidationError({"provider": f"{provider} cannot take it: {why}."})
    before, shipment.provider = locked.provider, provider
    _check_expressible(shipment, "provider")
    Shipment.objects.filter(pk=shipment.pk).update(
        provider=provider,
        doubtful=False,
        provider_reference="",
        tracking_number="",
        tracking_url="",
        sent_at=None,
        news_at=None,
        quiet=0,
    )
    ShipmentEvent.objects.create(
        shipment=shipment,
        kind="rerouted",
        actor=by,
        detail=f"from {before} to {provider}. {reason}"[:500],
    )
    services.retry(shipment, by=by)
    tracking.link_parked(shipment)
    return shipment


@transaction.atomic
def correct_and_send(
    shipment: Shipment, *, by: str, address: Mapping[str, str], reason: str = ""
) -> Shipment:
    """Correct where a rejected shipment goes, and its order too, and send it again.

    The event names the lines that changed, not what they say. Raises ValidationError for an
    address that the rules or the provider refuse, and IllegalMove unless it is rejected.
    """
    check_address(address)
    locked = _locked(shipment)
    if locked.state != "rejected":
        raise IllegalMove(f"This shipment is {locked.state}: its address cannot be changed.")
    changed = [name for name, value in address.items() if getattr(locked, name) != value]
    if not changed:
        raise ValidationError("This is the address that it has.", "unchanged")
    Shipment.objects.filter(pk=shipment.pk).update(**address)
    for name, value in address.items():
        setattr(shipment, name, value)
    _check_expressible(shipment, "__all__")
    told = f"changed: {', '.join(changed)}. {reason}"[:500]
    ShipmentEvent.objects.create(shipment=shipment, kind="address-corrected", actor=by, detail=told)
    correct_address(shipment.order, {**shipment.address()}, by=by)
    return services.retry(shipment, by=by)


@transaction.atomic
def mark_taken(shipment: Shipment, *, by: str, tracking_number: str = "", reason: str = "") -> None:
    """Record that the provider has an unknown one after all: somebody has asked.

    Raises IllegalMove unless it is unknown.
    """
    changes: dict[str, Any] = {"tracking_number": tracking_number} if tracking_number else {}
    now = clock.now()
    move(
        shipment, "sent", by=by, detail=reason, doubtful=False, sent_at=now, news_at=now, **changes
    )
    troubles.follow(shipment, by=by, how="The provider has it.")


@transaction.atomic
def assign(event: TrackingEvent, *, by: str, reference: str, reason: str = "") -> None:
    """Say which shipment a provider means by a reference that we do not know; and apply it.

    Raises ValidationError (`reference`) when we have no such shipment.
    """
    shipment = Shipment.objects.filter(reference=reference.strip()).first()
    if shipment is None:
        raise ValidationError({"reference": "There is no shipment with this reference."})
    ShipmentEvent.objects.create(
        shipment=shipment,
        kind="events-assigned",
        actor=by,
        detail=f"those of {event.provider} for {event.order_id}. {reason}"[:500],
    )
    tracking.link(shipment, provider=event.provider, order_id=event.order_id, by=by)


def _check_expressible(shipment: Shipment, field: str) -> None:
    """Raise ValidationError when the provider's contract cannot say it."""
    adapter = _adapter(shipment.provider)
    try:
        if adapter:
            adapter.create(shipment, shipment.lines)
    except NotExpressible as error:
        text = f"{shipment.provider} cannot take it: {error}"
        raise ValidationError({field: text}) from error


def _adapter(name: str) -> providers.Provider | None:
    try:
        return providers.get(name)
    except LookupError:
        return None


def _locked(shipment: Shipment) -> Shipment:
    """It, its order locked before it as everywhere; `shipment` is brought up to date."""
    Order.objects.select_for_update(of=("self",), no_key=True).get(pk=shipment.order_id)
    locked = Shipment.objects.select_for_update(of=("self",), no_key=True).get(pk=shipment.pk)
    if (locked.fence, locked.doubtful) != (shipment.fence, shipment.doubtful):
        raise IllegalMove("It was tried again meanwhile. Look at it again.")
    if locked.state not in UNDECIDED:
        raise IllegalMove(f"This shipment is {locked.state}: it cannot become {QUEUED}.")
    return locked
