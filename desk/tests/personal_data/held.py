"""What is held of people, for tests: rows of a part, and people who have some of everything."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from clinical.models import Study
from core.database import clock
from core.models import Case
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.models import Erasure
from desk.personal_data.catalogue import parts_of
from desk.personal_data.parts import Kind, Part, Subject
from identity.tests.factories import staff
from kits.models import Kit, Replacement
from kits.tests.factories import a_label, stocked_kit
from notifications.models import (
    Consent,
    DeliveryReport,
    Mailing,
    MailingRecipient,
    Notification,
    OptOut,
    PushSubscription,
)
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.models import (
    Cancellation,
    Inquiry,
    Return,
    Shipment,
    TrackingEvent,
    UnreadableEvent,
)


def part(kind: Kind, name: str) -> Part:
    """The part of this name."""
    [part] = [each for each in parts_of(kind) if each.name == name]
    return part


def rows(kind: Kind, name: str, key: int) -> list[dict[str, Any]]:
    """What is held of somebody in a part."""
    return list(part(kind, name).rows(Subject(kind, key)))


def erased(kind: Kind, name: str, key: int) -> int:
    """Erase a part alone, as if two people had decided on it; how many rows changed."""
    asked = Erasure.objects.create(
        kind=kind,
        subject=key,
        reason="asked",
        requested_by=staff("manager"),
        state="erasing",
        decided_by=staff("manager"),
    )
    return part(kind, name).erase(Subject(kind, key, asked.pk))


def old_enough(studies: Any = Study.objects, days: int = 1) -> None:
    """Let these studies be so many days older than health records are kept."""
    now = clock.now()
    last = now.replace(year=now.year - settings.HEALTH_RECORD_YEARS)
    studies.update(created_at=last - timedelta(days=days))


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
        event_id=f"event of {order.number}",
        order_id=order.number,
        event_name="delivered",
        event_time=clock.now(),
        raw={"signed_by": name},
        shipment=Shipment.objects.get(order=order),
    )
    _steps(order, name)
    _messages(customer, name)
    return customer


def _kit_of(parcel: Shipment) -> Kit:
    """The kit that was in a parcel."""
    kit = stocked_kit()
    place = {"shipment": parcel, "first_shipment": parcel, "piece": 1}
    Kit.objects.filter(pk=kit.pk).update(state="sent", return_tracking=a_label(), **place)
    return kit


def _steps(order: Order, name: str) -> None:
    """What people said of an order, of its parcel, and of what came back."""
    parcel = Shipment.objects.get(order=order)
    back = Return.objects.create(
        shipment=parcel, reference=f"R-{order.pk}", provider="reference", reason=f"{name} moved"
    )
    said = {"kind": "noted", "actor": "user:1", "detail": f"{name} called"}
    kit = _kit_of(parcel)
    Replacement.objects.create(kit=stocked_kit(), order=order, actor="user:1")
    for events in (order.events, parcel.events, back.events, kit.events):
        events.create(**said)
    Cancellation.objects.create(
        shipment=parcel, provider="reference", state="done", reason=f"{name} asked", actor="user:1"
    )
    Inquiry.objects.create(shipment=parcel, provider="reference", last_answer=f"{name} has it")
    UnreadableEvent.objects.create(
        provider="reference", digest=name, body=f"of {name}".encode(), problem="?", shipment=parcel
    )
    case = Case.objects.create(
        kind="return-lost",
        subject_type="shipping.return",
        subject_id=back.pk,
        title="It does not come back",
        happened="Nothing was heard of it.",
        said=f"{name} is not at home",
        closed_at=clock.now(),
        closing_reason=f"{name} was called",
    )
    case.events.create(**said)


def _messages(customer: Customer, name: str) -> None:
    row = notify(customer, message=f"Dear {name}", channel="email")
    Notification.objects.filter(customer=customer).update(
        state="sent", html=f"<p>{name}</p>", last_answer=f"no mailbox {name}"
    )
    DeliveryReport.objects.create(
        provider="reference",
        reference=f"of {row.pk}",
        recipient=customer.email,
        status="bounced",
        reason=f"{name} is not known",
        notification=row,
        raw=name.encode(),
    )
    row.events.create(kind="sent elsewhere", detail=f"{customer.email} is gone.")
    mailing = Mailing.objects.create(message="Hello", created_by="user:1")
    MailingRecipient.objects.create(mailing=mailing, customer=customer)
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
