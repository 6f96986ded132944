"""What is held of people, for tests: rows of a part, and people who have some of everything."""

from typing import Any

from core.database import clock
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.personal_data.catalogue import parts_of
from desk.personal_data.parts import Kind, Part, Subject
from notifications.models import (
    Consent,
    DeliveryReport,
    Notification,
    OptOut,
    PushSubscription,
)
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.models import Shipment, TrackingEvent


def part(kind: Kind, name: str) -> Part:
    """The part of this name."""
    [part] = [each for each in parts_of(kind) if each.name == name]
    return part


def rows(kind: Kind, name: str, key: int) -> list[dict[str, Any]]:
    """What is held of somebody in a part."""
    return list(part(kind, name).rows(Subject(kind, key)))


def erased(kind: Kind, name: str, key: int) -> int:
    """Erase a part alone; how many rows changed."""
    return part(kind, name).erase(Subject(kind, key))


def customer_with_everything(name: str) -> Customer:
    """A customer who has a row in each part, each with this name in it; nothing is under way."""
    email = f"{name.lower()}@example.com"
    customer = CustomerFactory.create(name=f"Zoe {name}", email=email, language="sw")
    home = AddressFactory.create(customer=customer, recipient=f"Zoe {name}", line_2=name)
    order = placed_order(customer)
    lines = {"recipient": home.recipient, "line_2": name}
    Order.objects.filter(pk=order.pk).update(state="delivered", **lines)
    Shipment.objects.filter(order=order).update(
        state="delivered", last_answer=f"left with {name}", **lines
    )
    TrackingEvent.objects.create(
        provider="reference",
        event_id=f"event of {name}",
        order_id=order.number,
        event_name="delivered",
        event_time=clock.now(),
        raw={"signed_by": name},
        shipment=Shipment.objects.get(order=order),
    )
    _messages(customer, name)
    return customer


def _messages(customer: Customer, name: str) -> None:
    row = notify(customer, message=f"Dear {name}", channel="email")
    Notification.objects.filter(customer=customer).update(
        state="sent", html=f"<p>{name}</p>", last_answer=f"no mailbox {name}"
    )
    DeliveryReport.objects.create(
        provider="reference",
        reference=f"of {name}",
        recipient=customer.email,
        status="bounced",
        notification=row,
        raw=name.encode(),
    )
    OptOut.objects.create(channel="email", recipient=customer.email, reason=f"told by {name}")
    Consent.objects.create(
        customer=customer,
        channel="email",
        recipient=customer.email,
        kind="opted-out",
        how="staff",
    )
    PushSubscription.objects.create(
        customer=customer,
        endpoint=f"https://push.example/{name}",
        p256dh="key",
        auth="secret",
        name=f"device of {name}",
    )
