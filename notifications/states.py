"""The life of a notification."""

from django.db import models

from core.workflow import Workflow


class NotificationState(models.TextChoices):
    """What the API and the admin show. Accepted by a service (sent) is not yet delivered."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


# What staff look at: nobody knows whether it was sent, or it was refused for good.
EXCEPTIONS = frozenset({"failed", "unknown"})

# Between queued and sent the outbox moves rows (queues.py); reports and staff do the rest.
NOTIFICATION = Workflow(
    transitions={
        "queued": frozenset({"suppressed"}),
        "sending": frozenset(),
        "sent": frozenset({"delivered", "failed"}),
        "delivered": frozenset(),
        "failed": frozenset({"queued"}),
        "unknown": frozenset({"queued"}),
        "suppressed": frozenset(),
    }
)

# How the admin colours them; a state that is not here has no colour of its own.
STATE_COLOURS = {
    "queued": "info",
    "sending": "info",
    "sent": "success",
    "delivered": "success",
    "failed": "danger",
    "unknown": "warning",
}
MAILING_COLOURS = {
    "draft": "info",
    "running": "warning",
    "stopped": "danger",
    "done": "success",
}
