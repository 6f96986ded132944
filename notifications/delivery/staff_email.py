"""E-mails to our own people, by the services that carry those to customers."""

from core.http import Done, Outcome, Temporary, Unknown, send
from notifications.channels import (
    DirectTransport,
    Message,
    PairedTransport,
    Transport,
    preferred,
    transports,
)


def send_email(recipient: str, subject: str, text: str) -> Outcome:
    """Send it now, by the first service that takes it."""
    message = Message(recipient, text, subject)
    outcome: Outcome = Temporary("no service for e-mail")
    for name in preferred("email"):
        outcome = _by(transports()["email", name], message)
        if isinstance(outcome, Done | Unknown):
            break
    return outcome


def _by(transport: Transport, message: Message) -> Outcome:
    if isinstance(transport, DirectTransport):
        return transport.deliver(message)
    request = transport.request(message)
    if isinstance(request, Outcome):
        return request
    if isinstance(transport, PairedTransport):
        return send(request, transport.reader(message))
    return send(request, transport.read)
