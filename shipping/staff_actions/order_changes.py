"""A changed order's schedule and parcels follow it, in the transaction of the change.

What is with a provider, or may be, keeps what it was sent with. What was made and not handed over
yet follows when the change says so.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from core.workflow import TransitionNotAllowedError
from customers.models import ADDRESS_FIELDS
from orders.changes import Wanted, change
from orders.models import Order, OrderChange
from shipping import services, task_names
from shipping.exceptions import risks
from shipping.models import Schedule, Shipment
from shipping.models.signals import contents_changed
from shipping.routing.router import Router
from shipping.schedules import services as schedules
from shipping.states import NOT_HANDED_OVER

WRITTEN = (*ADDRESS_FIELDS, "delivery_service", "revision", "provider", "ship_on")
# The parts of an order, as the API calls them.
FIELDS = {
    "address": "delivery_address",
    "delivery_service": "delivery_service",
    "items": "items",
}


@transaction.atomic
def amend(schedule: Schedule, wanted: Wanted, *, by: str, **dates: Any) -> Schedule:
    """Change what a schedule sends, and when (as `schedules.change`), in one go; gives it anew.

    Raises what `orders.changes.change`, `apply_order_change` and `schedules.change` raise; nothing
    is changed then.
    """
    if wanted.named:
        change(schedule.order, wanted, by=by)
    if dates or not wanted.named:
        schedules.change(schedule, by=by, **dates)
    return Schedule.objects.select_related("order").get(pk=schedule.pk)


def apply_order_change(order: Order, made: OrderChange, *, by: str) -> None:
    """Bring schedule and parcels of a changed order, which is locked, to what it is now.

    Raises TransitionNotAllowedError when its schedule has ended, when its only parcel has left, or
    when a parcel was packed for what is ordered no more; and ValidationError, by field, when its
    provider could not carry it so.
    """
    schedule = Schedule.objects.select_for_update(of=("self",), no_key=True)
    running = schedule.filter(order=order).first()
    if running and running.state == "cancelled":
        raise TransitionNotAllowedError(
            "This schedule is cancelled: what it sends cannot be changed."
        )
    parcels = list(order.shipments.select_for_update(of=("self",), no_key=True).order_by("id"))
    waiting = [parcel for parcel in parcels if is_waiting(parcel)]
    if running is None:
        _check_nothing_left(parcels)
    following = waiting if made.include_unsent or running is None else []
    _keep(order, made, following)
    _update_parcels(order, made, following, by=by)
    if running:
        schedules.note(running, "changed", by, _listed(made.detail, following))


def is_waiting(parcel: Shipment) -> bool:
    """Whether it is made, and no provider has it or may have it."""
    return parcel.state in NOT_HANDED_OVER and not risks.holders(parcel)


def waiting_of(orders: Iterable[Order]) -> list[Shipment]:
    """The parcels of these orders that are made, and that no provider has or may have."""
    made = Shipment.objects.filter(order__in=list(orders), state__in=NOT_HANDED_OVER)
    return [parcel for parcel in made.order_by("id") if is_waiting(parcel)]


def _check_nothing_left(parcels: Iterable[Shipment]) -> None:
    for parcel in parcels:
        if not is_waiting(parcel) and parcel.state != "cancelled":
            raise TransitionNotAllowedError(
                f"Shipment {parcel.reference} is {parcel.state}: it has been handed to the "
                "provider, or may have been, so its order cannot be changed."
            )


def _keep(order: Order, made: OrderChange, following: Sequence[Shipment]) -> None:
    """Let all other parcels hold what the order held until now."""
    if made.revision:
        held = order.shipments.filter(revision=None)
        held.exclude(pk__in=[p.pk for p in following]).update(revision=made.revision)


def _update_parcels(
    order: Order, made: OrderChange, following: Sequence[Shipment], *, by: str
) -> None:
    """Change these parcels; refuse what the provider of these or of the later ones cannot take."""
    prefetch_related_objects([order], "lines__product")
    field = next(FIELDS[part] for part in FIELDS if part in made.named)
    router = Router.load()
    route = router.route(order)
    later = Shipment(order=order, reference=f"{order.number}.0", provider=route.provider)
    _take(later, order, FIELDS)
    services.check_supported(later, order.lines.all(), field)
    for parcel in following:
        parcel.order, parcel.revision = order, parcel.revision or made.revision
        went_by = router.route(parcel.as_ordered).provider
        _take(parcel, order, made.named)
        detail = made.detail
        if went_by != route.provider:
            _reroute(parcel, router, route.provider)
            detail += f"; goes by {route.provider}"
        services.check_supported(parcel, parcel.lines, field)
        parcel.save(update_fields=WRITTEN)
        parcel.events.create(kind="changed", actor=by, detail=detail[:500])
        if parcel.state == "queued":
            task_names.dispatch.delay_on_commit(parcel.provider)
    if "items" in made.named and following:
        contents_changed.send(sender=Shipment, parcels=following)


def _take(parcel: Shipment, order: Order, named: Iterable[str]) -> None:
    """Give a parcel these parts of the order; not saved."""
    if "address" in named:
        for name, value in order.address().items():
            setattr(parcel, name, value)
    if "delivery_service" in named:
        parcel.delivery_service = order.delivery_service
    if "items" in named:
        parcel.revision = None


def _reroute(parcel: Shipment, router: Router, provider: str) -> None:
    """The rules send such a parcel by another provider, on one of its own days."""
    parcel.provider = provider
    if parcel.state == "scheduled":
        parcel.ship_on = router.profile(provider).calendar.ship_day(parcel.ship_on)


def _listed(detail: str, following: Sequence[Shipment]) -> str:
    names = ", ".join(parcel.reference for parcel in following)
    return f"{detail}; and of parcels not handed over yet: {names}" if names else detail
