"""Messages to customers: decisions, consent, the messages themselves and what became of them."""

from notifications.channels.webpush.devices import PushSubscription
from notifications.models.accounts import Balance
from notifications.models.consent import Consent, OptOut
from notifications.models.costs import DailyCost
from notifications.models.decisions import (
    ANNOUNCED_OCCASIONS,
    Limits,
    Occasion,
    Rule,
    Template,
    TemplateVersion,
    Topic,
    WhenUnknown,
)
from notifications.models.mailings import Mailing, MailingEvent, MailingRecipient
from notifications.models.notifications import DeliveryReport, Notification, NotificationEvent

__all__ = [
    "ANNOUNCED_OCCASIONS",
    "Balance",
    "Consent",
    "DailyCost",
    "DeliveryReport",
    "Limits",
    "Mailing",
    "MailingEvent",
    "MailingRecipient",
    "Notification",
    "NotificationEvent",
    "Occasion",
    "OptOut",
    "PushSubscription",
    "Rule",
    "Template",
    "TemplateVersion",
    "Topic",
    "WhenUnknown",
]
