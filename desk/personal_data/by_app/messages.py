"""What is held of messages to a customer, what of it can be erased, and how long texts are kept."""

from collections.abc import Iterator
from datetime import datetime

from customers.models import Customer
from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import NotErasableError, Part, Retention, Row, Subject, values
from notifications.models import (
    Consent,
    DeliveryReport,
    MailingRecipient,
    Notification,
    NotificationEvent,
    OptOut,
    PushSubscription,
)

TEXTS = dict.fromkeys(("recipient", "subject", "message", "html", "last_answer"), "")
WAITING = ("queued", "sending")


def _notifications(subject: Subject) -> Iterator[Row]:
    rows = Notification.objects.filter(customer=subject.key)
    return values(rows, "id", "channel", "state", "created_at", "sent_at", *TEXTS)


def _reports(subject: Subject) -> Iterator[Row]:
    rows = DeliveryReport.objects.filter(notification__customer=subject.key)
    return values(rows, "notification", "recipient", "status", "reason", "state", "received_at")


def _events(subject: Subject) -> Iterator[Row]:
    rows = NotificationEvent.objects.filter(notification__customer=subject.key)
    columns = ("kind", "from_state", "to_state", "at", "actor", "detail")
    return values(rows, "notification", *columns)


def _mailings(subject: Subject) -> Iterator[Row]:
    """Those whose message to the customer is still to be made; the others are notifications."""
    rows = MailingRecipient.objects.filter(customer=subject.key)
    return values(rows, "mailing", "mailing__subject", "mailing__message", "mailing__created_at")


def _devices(subject: Subject) -> Iterator[Row]:
    return values(PushSubscription.objects.filter(customer=subject.key), "name", "confirmed_at")


def _opt_outs(subject: Subject) -> Iterator[Row]:
    addresses = Customer.objects.filter(pk=subject.key).values_list("phone_number", "email")
    known = [str(each) for row in addresses for each in row if each]
    rows = OptOut.objects.filter(recipient__in=known)
    return values(rows, "channel", "recipient", "reason", "created_at")


def _consents(subject: Subject) -> Iterator[Row]:
    rows = Consent.objects.filter(customer=subject.key)
    return values(rows, "channel", "recipient", "kind", "how", "at")


def _erase_notifications(subject: Subject) -> int:
    rows = Notification.objects.filter(customer=subject.key)
    if rows.filter(state__in=WAITING).exists():
        raise NotErasableError("A message to this customer is on its way. Wait a moment.")
    return rows.exclude(**TEXTS).update(**TEXTS)


def _erase_reports(subject: Subject) -> int:
    rows = DeliveryReport.objects.filter(notification__customer=subject.key)
    return rows.exclude(recipient="").update(recipient="", reason="", raw=None)


def _erase_mailings(subject: Subject) -> int:
    return MailingRecipient.objects.filter(customer=subject.key).delete()[0]


def _erase_devices(subject: Subject) -> int:
    return PushSubscription.objects.filter(customer=subject.key).delete()[0]


def _expire_texts(before: datetime, most: int) -> int:
    old = Notification.objects.filter(created_at__lt=before).exclude(state__in=WAITING)
    keys = old.exclude(**TEXTS).order_by("created_at").values("pk")[:most]
    return Notification.objects.filter(pk__in=keys).update(**TEXTS)


PARTS = (
    Part(
        "notifications",
        "customer",
        _notifications,
        _erase_notifications,
        "That a message was sent when, by which channel, and what became of it: costs and proof.",
    ),
    Part(
        "notification_events",
        "customer",
        _events,
        empties("notification_events"),
        "What was done with a message, when and by whom; what was said of it is gone.",
    ),
    Part("mailings", "customer", _mailings, _erase_mailings),
    Part("delivery_reports", "customer", _reports, _erase_reports),
    Part("push_subscriptions", "customer", _devices, _erase_devices),
    Part(
        "opt_outs",
        "customer",
        _opt_outs,
        kept="The addresses that want no more messages: else they would get some again.",
    ),
    Part(
        "consents",
        "customer",
        _consents,
        kept="Who agreed to what, and when: the proof that the law asks for. Never changed.",
    ),
)
RETENTIONS = (Retention("texts of messages", "RETENTION_MESSAGES_DAYS", _expire_texts),)
