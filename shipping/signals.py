"""What shipping does when something happens to an order, in the transaction in which it happens."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import F, Value
from django.db.models.signals import post_save
from django.dispatch import receiver

from customers.models import ADDRESS_FIELDS
from customers.signals import address_replaced
from customers.values.places import Place
from orders.models import OrderEvent
from shipping import services
from shipping.models import Schedule
from shipping.staff_actions import order_changes

_HANDLERS: dict[str, Callable[..., None]] = {
    "placed": services.create_shipments,
    "address-set": services.create_shipments,
    "cancelled": services.stop_shipments,
}


@receiver(address_replaced)
def still_sent_to(
    customer: int, lines: Mapping[str, str], now: Mapping[str, str], **_: Any
) -> list[int]:
    """The running schedules of a customer that still send to this place.

    However it is spelled, and whoever receives it there; but for those that have the new lines.
    """
    running = Schedule.objects.exclude(state="cancelled").filter(order__customer=customer)
    orders_lines = {name: F(f"order__{name}") for name in ADDRESS_FIELDS}
    there = Place({name: Value(line) for name, line in lines.items()})
    matching = running.alias(place=Place(orders_lines)).filter(place=there)
    moved = {f"order__{name}": line for name, line in now.items()}
    return list(matching.exclude(**moved).values_list("pk", flat=True))


@receiver(post_save, sender=OrderEvent)
def on_order_event(instance: OrderEvent, created: bool, raw: bool = False, **_: Any) -> None:
    """Ship an order, change what it ships, or stop it. Raises TransitionNotAllowedError, so that
    nothing is."""
    if not created or raw:
        return
    if instance.change:
        order_changes.apply_order_change(instance.order, instance.change, by=instance.actor)
    elif handler := _HANDLERS.get(instance.kind):
        handler(instance.order, by=instance.actor)
