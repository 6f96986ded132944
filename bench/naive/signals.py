"""After an order or a parcel is saved: its parcel, its message, and a task for each."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from bench.naive.models import Notification, Order, OrderEvent, Shipment, ShipmentEvent
from bench.naive.tasks import dispatch_shipment, send_notification

TEXTS = {
    "placed": "Dear {name}, we have your order {order}.",
    "in-transit": "Dear {name}, your order {order} is on its way.",
    "delivered": "Dear {name}, your order {order} has been delivered.",
}


@receiver(post_save, sender=Order)
def on_order(instance: Order, created: bool, **_: Any) -> None:
    """A parcel, a line of history and a message."""
    if created:
        OrderEvent.objects.create(order=instance, kind="placed")
        Shipment.objects.create(order=instance, reference=f"n-{instance.pk}")
        notify(instance, "placed")


@receiver(post_save, sender=Shipment)
def on_shipment(instance: Shipment, created: bool, **_: Any) -> None:
    """A line of history; a task that hands it over, or a message of what became of it."""
    ShipmentEvent.objects.create(shipment=instance, kind=instance.status)
    if created:
        transaction.on_commit(partial(dispatch_shipment.delay, instance.pk))
    else:
        notify(instance.order, instance.status)


def notify(order: Order, occasion: str) -> None:
    """A message to the customer, where there is a text for it."""
    if occasion not in TEXTS:
        return
    customer = order.customer
    message = TEXTS[occasion].format(name=customer.name, order=order)
    row = Notification.objects.create(
        customer=customer, order=order, recipient=customer.phone_number, message=message
    )
    transaction.on_commit(partial(send_notification.delay, row.pk))
