"""What every channel and transport is tried with: the one place to name a new one in.

A transport that is not named here is tried all the same, with `a_message` for its channel. Name it
when that does not do: when its recipients have another form, or when `Message.detail` is needed.
"""

import base64
import inspect
import re
import sys
from collections.abc import Callable

from core.http import Outcome, Reader, Request, Response, Unknown
from notifications.channels import (
    DirectTransport,
    HttpTransport,
    Message,
    PairedTransport,
    Transport,
    transports,
)
from notifications.channels.webpush.devices import PushSubscription, public_key

TEXT = "Your code is ü & 1=1"
RECIPIENTS = {"sms": "+254704590344", "email": "jane@example.com"}


def a_device() -> PushSubscription:
    """Where push messages go; our own public key serves as the device's."""
    secret = base64.urlsafe_b64encode(bytes(16)).decode().rstrip("=")
    endpoint = "http://127.0.0.1:1/push"
    return PushSubscription(name="D-1", endpoint=endpoint, p256dh=public_key(), auth=secret)


# Channel -> a message for it, where RECIPIENTS does not say it all.
SAMPLES: dict[str, Callable[[str], Message]] = {
    "push": lambda text: Message("D-1", text, detail=a_device()),
}


def a_message(channel: str, text: str = TEXT) -> Message:
    """A message that a transport of this channel takes."""
    if channel in SAMPLES:
        return SAMPLES[channel](text)
    return Message(RECIPIENTS.get(channel, "C-7K3M9QXT2B"), text)


def over_http() -> dict[tuple[str, str], HttpTransport | PairedTransport]:
    """The transports that do no I/O of their own, by (channel, name)."""
    return {key: one for key, one in transports().items() if not isinstance(one, DirectTransport)}


def request_of(transport: HttpTransport | PairedTransport, message: Message) -> Request:
    """The request of a message that can be sent."""
    made = transport.request(message)
    assert isinstance(made, Request), made
    return made


def reader_of(transport: HttpTransport | PairedTransport, message: Message) -> Reader:
    """What reads the answer to this message."""
    if isinstance(transport, PairedTransport):
        return transport.reader(message)
    return transport.read


def outcome_of(transport: HttpTransport | PairedTransport, response: Response) -> Outcome:
    """What the client makes of this answer to a message: one that cannot be read is unknown."""
    try:
        return reader_of(transport, a_message(transport.channel))(response)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration):
        return Unknown("unreadable answer")


def words_of(transport: Transport) -> set[str]:
    """The words in quotation marks in its file: among them are the fields that it reads."""
    return set(re.findall(r'"(\w+)"', inspect.getsource(sys.modules[type(transport).__module__])))


__all__ = [
    "Transport",
    "a_message",
    "outcome_of",
    "over_http",
    "reader_of",
    "request_of",
    "words_of",
]
