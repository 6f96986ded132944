"""Receivers: events of orders and shipments become notifications, in the same transaction.

An event that is not announced is left alone before anything is looked up.
"""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from notifications.policy.triggers import (
    ORDER_OCCASIONS,
    status_of,
    trigger_from_order,
    trigger_from_shipment,
)
from notifications.services import announce
from orders.models import OrderEvent
from shipping.models import ShipmentEvent
from shipping.states import TRACKED


@receiver(post_save, sender=OrderEvent)
def on_order_event(instance: OrderEvent, created: bool, raw: bool, **_: Any) -> None:
    """Announce that the order was placed or cancelled."""
    if created and not raw and instance.kind in ORDER_OCCASIONS:
        announce([trigger_from_order(instance)])


@receiver(post_save, sender=ShipmentEvent)
def on_shipment_event(instance: ShipmentEvent, created: bool, raw: bool, **_: Any) -> None:
    """Announce where the parcel is."""
    if created and not raw and status_of(instance) in TRACKED:
        announce([trigger_from_shipment(instance)])
