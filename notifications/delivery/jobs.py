"""A message as the job of the service that carries it, and what that service may bear."""

import re
from collections.abc import Mapping

from django.conf import settings

from core.http import Call, Limits, Outcome, Request
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

_LIMITS = re.compile(r"(\d{1,4})(?:/(\d{1,5}(?:\.\d{1,3})?))?", re.ASCII)


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


def limits_of(transport: Transport) -> Limits:
    """Its requests in flight, and begun per second. Raises ValueError for a setting in no form.

    `sms:gateway` in the setting goes before `gateway`, which means it on every channel.
    """
    configured: Mapping[str, str] = settings.NOTIFICATION_LIMITS
    name = transport.name
    text = configured.get(f"{transport.channel}:{name}", configured.get(name))
    return transport.limits if text is None else read_limits(text)


def read_limits(text: str) -> Limits:
    """`20/50`: 20 in flight, 50 a second; `20` alone has no rate. Raises ValueError."""
    match = _LIMITS.fullmatch(text.strip())
    if match is None:
        raise ValueError("Write it like 20/50: 20 concurrent requests, 50 per second.")
    return Limits(int(match[1]), float(match[2]) if match[2] else None)
