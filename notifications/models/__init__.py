"""Messages to customers: decisions, consent, the messages themselves and what became of them."""

from notifications.channels.webpush.devices import PushSubscription
from notifications.models.accounts import Balance
from notifications.models.consent import Consent, OptOut
from notifications.models.costs import DailyCost
from notifications.models.limits import Limits
from notifications.models.mailings import Mailing, MailingEvent, MailingRecipient
from notifications.models.notifications import DeliveryReport, Notification, NotificationEvent
from notifications.models.rules import Rule
from notifications.models.templates import Template, TemplateVersion, WhenUnknown
from notifications.models.topics import ANNOUNCED_OCCASIONS, Occasion, Topic

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
