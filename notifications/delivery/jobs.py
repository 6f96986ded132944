"""A message as the job of the service that carries it."""

from core.http import Call, Outcome, Request
from core.outbox import Job
from notifications.channels import (
    DirectTransport,
    Message,
    PairedTransport,
    Transport,
    channels,
)
from notifications.content import html
from notifications.models import Notification
from notifications.policy import unsubscribe_tokens


def message_of(row: Notification) -> Message:
    """The message; an e-mail with its page and the address of the one click that stops them."""
    if row.channel != "email":
        detail = channels()[row.channel].detail
        known = detail(row.recipient) if detail else None
        return Message(row.recipient, row.message, row.subject, detail=known)
    stop = unsubscribe_tokens.unsubscribe_url(row)
    page = html.page(row.html or html.from_text(row.message), unsubscribe=stop)
    return Message(row.recipient, row.message, row.subject, html=page, unsubscribe=stop)


def job_of(transport: Transport, message: Message) -> Job | Call | Outcome:
    """What hands the message over; or its outcome, where it cannot be. Sends nothing."""
    if isinstance(transport, DirectTransport):
        return Call(transport.name, lambda: transport.deliver(message))
    request = transport.request(message)
    if not isinstance(request, Request):
        return request
    if isinstance(transport, PairedTransport):
        return Job(request, transport.reader(message))
    return Job(request, transport.read)
