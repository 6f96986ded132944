"""What shipping does when something happens to an order, in the transaction in which it happens."""

from collections.abc import Callable
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from orders.models import OrderEvent
from shipping import changing, services

_REACTIONS: dict[str, Callable[..., None]] = {
    "placed": services.ship,
    "address-set": services.ship,
    "cancelled": services.stop,
}


@receiver(post_save, sender=OrderEvent)
def react(instance: OrderEvent, created: bool, raw: bool = False, **_: Any) -> None:
    """Ship an order, change what it ships, or stop it. Raises IllegalMove, so that nothing is."""
    if created and not raw and instance.change:
        changing.follow(instance.order, instance.change, by=instance.actor)
    reaction = _REACTIONS.get(instance.kind)
    if created and not raw and reaction:
        reaction(instance.order, by=instance.actor)
