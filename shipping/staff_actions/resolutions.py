"""What staff do about a parcel that went wrong. Each verb writes its event and ends the case."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core.database import clock
from core.risks import check_reason, weigh
from core.workflow import TransitionNotAllowedError, transition
from orders.rules import check_address
from orders.services import correct_address
from shipping import services, task_names
from shipping.exceptions import cases, risks
from shipping.locking import lock_as_seen
from shipping.models import ProviderProfile, Shipment, ShipmentEvent, TrackingEvent
from shipping.routing.router import Router
from shipping.states import AHEAD, UNDECIDED
from shipping.tracking import events, stalled


@transaction.atomic
def reroute(
    shipment: Shipment, *, by: str, provider: str, reason: str = "", despite_risk: bool = False
) -> Shipment:
    """Give it to another provider, under the same key and reference; one that waits for its turn
    waits for it there.

    Raises UnsafeActionError when the one that had it may have it still (`risks.second_parcel_risk`)
    unless `despite_risk` was said, then ValidationError (`reason`) without a reason;
    TransitionNotAllowedError once it was handed over, and for an order that has ended;
    ValidationError (`provider`) for one that is not in use, has it already or cannot take it.
    """
    locked = _as_seen(shipment, AHEAD | UNDECIDED)
    if provider == locked.provider:
        raise ValidationError({"provider": "Choose another provider."})
    if why := Router.load().usable.get(provider, "there is no such provider"):
        raise ValidationError({"provider": f"{provider} cannot take it: {why}."})
    decision = weigh(risks.second_parcel_risk(locked), despite_risk=despite_risk, reason=reason)
    before, changes = locked.provider, {"provider": provider} | _as_new(locked, provider)
    locked.provider = provider
    services.check_supported(locked, locked.lines, "provider", despite_faults=False)
    ShipmentEvent.objects.create(
        shipment=locked,
        kind="rerouted",
        actor=by,
        detail=f"from {before} to {provider}. {decision}"[:500],
    )
    if locked.state in AHEAD:
        _wait_there(locked, **changes)
    else:
        services.requeue(locked, by=by, **changes)
    events.link_parked(locked)
    return locked


def _wait_there(shipment: Shipment, **changes: Any) -> None:
    """Let it wait for its new provider: for its next working day, or at once for its turn."""
    if shipment.state == "scheduled":
        calendar = ProviderProfile.of(shipment.provider).calendar
        changes["ship_on"] = calendar.ship_day(shipment.ship_on)
    else:
        changes |= {"attempts": 0, "first_attempt_at": None, "next_attempt_at": clock.now()}
    Shipment.objects.filter(pk=shipment.pk).update(**changes)
    for name, value in changes.items():
        setattr(shipment, name, value)
    if shipment.state != "scheduled":
        task_names.dispatch.delay_on_commit(shipment.provider)


def _as_new(locked: Shipment, provider: str) -> dict[str, Any]:
    """The columns of one that this provider has not answered for. In doubt it is where it was
    given to them before: then it is looked up first, where that can be done."""
    holders = risks.holders(locked)
    known_again = {provider} if risks.resend_is_safe(provider) else set()
    return {
        "doubtful": provider in holders,
        "may_be_with": sorted(holders - known_again),
        "provider_reference": "",
        "tracking_number": "",
        "tracking_url": "",
        "sent_at": None,
        "news_at": None,
        "quiet": 0,
    }


@transaction.atomic
def correct_and_send(
    shipment: Shipment, *, by: str, reason: str = "", despite_risk: bool = False, **lines: str
) -> Shipment:
    """Correct where a rejected shipment goes, and its order too, and send it again.

    `lines` are those of the address, by their names. The event names those that changed, not what
    they say. Raises ValidationError for an address that the rules or the provider refuse,
    TransitionNotAllowedError unless it is rejected, and what `services.retry` raises.
    """
    address = check_address(lines)
    locked = _as_seen(shipment, UNDECIDED)
    if locked.state != "rejected":
        raise TransitionNotAllowedError(
            f"This shipment is {locked.state}: its address cannot be changed."
        )
    changed = [name for name, value in address.items() if getattr(locked, name) != value]
    if not changed:
        raise ValidationError("This is the address that it has.", "unchanged")
    weighed = risks.weigh_resend(locked, despite_risk=despite_risk, reason=reason)
    Shipment.objects.filter(pk=locked.pk).update(**address)
    for name, value in address.items():
        setattr(locked, name, value)
    services.check_supported(locked, locked.lines, "__all__", despite_faults=False)
    detail = f"changed: {', '.join(changed)}. {weighed}"[:500]
    ShipmentEvent.objects.create(shipment=locked, kind="address-corrected", actor=by, detail=detail)
    correct_address(locked.order, locked.address(), by=by)
    return services.requeue(locked, by=by)


@transaction.atomic
def confirm_accepted(
    shipment: Shipment, *, by: str, tracking_number: str = "", reason: str = ""
) -> None:
    """Record that the provider has an unknown one after all: somebody has asked.

    Raises TransitionNotAllowedError unless it is unknown, and ValidationError (`reason`) without a
    reason.
    """
    check_reason(reason)
    changes: dict[str, Any] = {"tracking_number": tracking_number} if tracking_number else {}
    changes |= {"may_be_with": sorted(set(shipment.may_be_with) - {shipment.provider})}
    now = clock.now()
    transition(
        shipment, "sent", by=by, detail=reason, doubtful=False, sent_at=now, news_at=now, **changes
    )
    cases.update_cases(shipment, by=by, how="The provider has it.")


@transaction.atomic
def assign_events(event: TrackingEvent, *, by: str, reference: str, reason: str = "") -> None:
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
    events.link(shipment, provider=event.provider, order_id=event.order_id, by=by)


def ask_provider(shipment: Shipment, *, by: str, reason: str = "") -> None:
    """Ask its provider after it now; one that is being asked is not asked twice."""
    stalled.ask([shipment.pk], at_once=True)


def wait_on(shipment: Shipment, *, by: str, reason: str = "") -> None:
    """Count its silence from now."""
    stalled.record_contact(shipment, by=by, how="Staff wait on.")


def _as_seen(shipment: Shipment, states: frozenset[str]) -> Shipment:
    """It, locked. Raises TransitionNotAllowedError when there is nothing to decide, or other than
    was seen."""
    locked = lock_as_seen(shipment)
    if locked.state not in states:
        raise TransitionNotAllowedError(
            f"This shipment is {locked.state}: it cannot be sent again."
        )
    return locked
