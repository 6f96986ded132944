"""Who wants no more messages."""

from django.db import transaction

from notifications.history import record
from notifications.models import Notification, OptOut


@transaction.atomic
def opt_out(channel: str, recipient: str, *, reason: str, by: str = "system") -> OptOut:
    """Send this recipient nothing more by this channel; what waits for them is suppressed."""
    made, _ = OptOut.objects.get_or_create(
        channel=channel, recipient=recipient.lower(), defaults={"reason": reason[:200]}
    )
    waiting = Notification.objects.filter(
        state="queued", channel=channel, recipient__iexact=recipient
    )
    rows = list(waiting.select_for_update(of=("self",)))
    for row in rows:
        row.state, row.last_error = "suppressed", f"The customer has opted out: {reason}"[:500]
    Notification.objects.bulk_update(rows, ["state", "last_error"])
    record(rows, kind="suppressed", by=by, was="queued")
    return made
