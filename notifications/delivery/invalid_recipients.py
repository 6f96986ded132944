"""Recipients to whom nothing more is sent: they want no more, or the address is invalid."""

from typing import Any

from core.database import clock
from core.http import Permanent
from core.workflow import transition
from customers.models import Customer
from notifications.channels import INVALID_RECIPIENT, OPTED_OUT, channels
from notifications.delivery import deferral
from notifications.delivery.answers import Answers
from notifications.models import Notification
from notifications.policy.opt_outs import opt_out


def take_refusals(answers: Answers) -> None:
    """Record what refusals say of their recipients. May send a message to another address."""
    for row, disposition in answers.rows:
        code = disposition.outcome.code if isinstance(disposition.outcome, Permanent) else ""
        if code == OPTED_OUT:
            opt_out(row.channel, row.recipient, reason=disposition.error, by=row.provider)
        elif code == INVALID_RECIPIENT:
            suppress_recipient(row.channel, row.recipient, why=disposition.error, by=row.provider)
            try_other_address(row)


def suppress_recipient(channel: str, recipient: str, *, why: str, by: str) -> None:
    """Forget it where its channel keeps addresses, else send nothing more to it."""
    if forget := channels()[channel].forget:
        forget(recipient)
    else:
        opt_out(channel, recipient, reason=f"the address is gone: {why}", by=by)


def try_other_address(row: Notification) -> bool:
    """Send a message to another address of its customer, where the channel knows one.

    Whether there is one. The service answered that it did not take the message.
    """
    channel = channels()[row.channel]
    customer = Customer.objects.get(pk=row.customer_id)
    recipient = channel.recipient(customer) if channel.forget else ""
    if row.state != "failed" or recipient in ("", row.recipient):
        return False
    detail = f"{row.recipient} is gone: goes to {recipient}."
    [due] = deferral.next_allowed([row], [clock.now()])
    changes: dict[str, Any] = {"recipient": recipient, "next_attempt_at": due}
    changes |= {"last_error": "", "last_answer": ""}
    transition(row, "queued", by="system", kind="sent elsewhere", detail=detail, **changes)
    return True
