"""A message as the transports carry it."""

from notifications import markup, unsubscribing
from notifications.channels import Message, channels
from notifications.models import Notification


def message_of(row: Notification) -> Message:
    """The message; an e-mail with its page and the address of the one click that stops them."""
    if row.channel != "email":
        detail = channels()[row.channel].detail
        known = detail(row.recipient) if detail else None
        return Message(row.recipient, row.message, row.subject, detail=known)
    stop = unsubscribing.link(row)
    page = markup.page(row.html or markup.from_text(row.message), unsubscribe=stop)
    return Message(row.recipient, row.message, row.subject, html=page, unsubscribe=stop)
