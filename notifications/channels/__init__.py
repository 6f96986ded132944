"""The channels that reach a customer. A file in this folder makes a channel, a transport, or both.

The registry is the folder: a module may export `CHANNEL` (whom it reaches, and by what address)
and `TRANSPORTS` (services that carry its messages). See docs/adding-a-channel.md.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from django.conf import settings
from django.core.exceptions import ValidationError

from core.http import Limits, Outcome, Reader, Request, Response, Temporary
from core.values import text

if TYPE_CHECKING:
    from customers.models import Customer

# Codes of a Permanent that say more than that this message was refused.
OPTED_OUT = "opted-out"  # this recipient wants no more messages
INVALID_RECIPIENT = "gone"  # there is no such address any more
# What of a report is kept has these lengths at most.
LONGEST = {"reference": 100, "recipient": 254, "status": 40, "reason": 200}


@dataclass(frozen=True, slots=True)
class Channel:
    """A medium by which a customer is reached, such as SMS.

    `recipient` gives a customer's address, or "" when there is none. `clean` brings an address
    that somebody typed into the same form, or raises ValidationError.

    Where addresses are kept apart from the customer: `kept_apart` is SQL that gives the present one
    (`customer_id`, `address`) of each of `%(customers)s` who has one at `%(now)s`, `remember` keeps
    it with its customer, `detail` gives what a transport must know of an address
    (`Message.detail`), and `forget` forgets one that a service calls invalid. Without `forget`,
    nothing more is sent to such an address.
    """

    name: str
    label: str
    recipient: Callable[["Customer"], str]
    missing: str  # what the customer lacks, as people read it
    preference: str  # the setting that lists its transports in order
    clean: Callable[[str], str] = str.strip
    # Why nothing goes to such an address, as people read it; "" when it may.
    refusal: Callable[[str], str] = lambda address: ""
    column: str = ""  # the customer's column that holds the address, if one does
    rank: int = 50  # the lower, the sooner it is tried when nobody named a channel
    kept_apart: str = ""
    remember: Callable[["Customer", str], None] | None = None
    detail: Callable[[str], Any] | None = None
    forget: Callable[[str], Any] | None = None
    # The parts of a message (`subject`, `text`) that anybody may read on a locked screen: they
    # must not reveal anything of health.
    visible_on_lock_screen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What a transport carries."""

    recipient: str
    text: str
    subject: str = ""
    html: str = ""  # e-mail: the same as a page, for transports that have a place for it
    unsubscribe: str = ""  # the address of RFC 8058's one click, for the headers of an e-mail
    detail: Any = None  # by the channel's `detail`


@dataclass(frozen=True, slots=True)
class Report:
    """What a service reports later of a message it took: `state` is the final one, or "" before."""

    reference: str
    recipient: str
    status: str
    state: str = ""
    reason: str = ""
    opted_out: bool = False
    invalid_recipient: bool = False  # there is no such address: a hard bounce


class Inbox:
    """What becomes of what a service reports by its webhook; `notifications/api` does it.

    Webhooks only read: what they find is handed on to those above them.
    """

    def report(self, channel: str, provider: str, report: Report) -> None:
        """A message was delivered, or not."""
        raise NotImplementedError

    def not_understood(self, channel: str, provider: str, came: bytes, problem: str) -> None:
        """A report that we cannot read; `problem` says what is wrong with it."""
        raise NotImplementedError

    def opt_out(self, channel: str, recipient: str, *, reason: str, by: str) -> None:
        """Somebody wants no more messages."""
        raise NotImplementedError

    def asks_to_stop(self, text: str) -> bool:
        """Whether a text that somebody wrote asks for that."""
        raise NotImplementedError

    def text(self, channel: str, sender: str, text: str, *, by: str) -> None:
        """Somebody wrote to us."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ServiceUnavailable(Temporary):
    """Nothing goes through here until staff act, such as an account without credit."""


class HttpTransport(Protocol):
    """A service that carries messages: builds a request and reads the answer, without I/O."""

    name: str
    channel: str
    limits: Limits

    def request(self, message: Message) -> Request | Outcome:
        """The request that hands the message over; or why it cannot be, which is its outcome."""

    def read(self, response: Response) -> Outcome:
        """What the answer means. What makes no sense may raise: the outcome is unknown then."""


@runtime_checkable
class PairedTransport(Protocol):
    """An HttpTransport whose answers can be read only beside the message."""

    name: str
    channel: str
    limits: Limits

    def request(self, message: Message) -> Request | Outcome:
        """As of an HttpTransport."""

    def reader(self, message: Message) -> Reader:
        """In place of `read`: reads the answer to this message."""


@runtime_checkable
class DirectTransport(Protocol):
    """A carrier without HTTP: it delivers by itself and returns what became of the message."""

    name: str
    channel: str
    limits: Limits

    def deliver(self, message: Message) -> Outcome:
        """Hand the message over. Called in a thread, in its turn: no database."""


@runtime_checkable
class Reachable(Protocol):
    """A transport that can be tried without a message to anybody."""

    def reach(self) -> Outcome:
        """Done when the service answers and lets us in. Called in a thread: no database."""


Transport = HttpTransport | PairedTransport | DirectTransport


class UnreadableReportError(ValueError):
    """What a service reports is in no form that we know: the text says what, and repeats none."""


def readable(recipient: str) -> str:
    """An e-mail address in the spelling that is kept, whichever a service uses for it."""
    try:
        return text.email(recipient) if "@" in recipient else recipient
    except ValidationError:
        return recipient


def address_key(recipient: str) -> str:
    """What all spellings of an address share: opt-outs are kept and compared by it."""
    return readable(recipient).lower()


@cache
def _modules() -> list[Any]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]


@cache
def channels() -> dict[str, Channel]:
    """Every channel by name, in the order in which they are tried."""
    known = [module.CHANNEL for module in _modules() if hasattr(module, "CHANNEL")]
    return {channel.name: channel for channel in sorted(known, key=lambda each: each.rank)}


@cache
def transports() -> dict[tuple[str, str], Transport]:
    """Every transport by (channel, name)."""
    known = [each for module in _modules() for each in getattr(module, "TRANSPORTS", ())]
    return {(transport.channel, transport.name): transport for transport in known}


def preferred(channel: str) -> list[str]:
    """A channel's transports, the preferred one first; without the setting, all there are."""
    known = [name for of, name in transports() if of == channel]
    wanted = getattr(settings, channels()[channel].preference, known)
    return [name for name in map(str.strip, wanted) if name in known]


def first_preferred() -> dict[str, str]:
    """The preferred transport of each channel that has one."""
    first = {name: preferred(name)[:1] for name in channels()}
    return {name: names[0] for name, names in first.items() if names}


def channel_choices() -> list[tuple[str, str]]:
    """The channels as a model field's choices."""
    return [(channel.name, channel.label) for channel in channels().values()]
