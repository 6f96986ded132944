"""A message as the transports carry it."""

from notifications.channels import Message, channels
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
