"""Shipping providers: one file each, and the file's name is the provider's name.

A provider is pure: it builds a request and reads an answer, and never opens a connection. A file
in this folder holds a class derived from `Provider` and an instance of it named `provider`.
docs/adding-a-provider.md walks through one.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from core.http import Limits, Outcome, Request, Response
from core.http.messages import DEADLINE

if TYPE_CHECKING:
    from orders.models import OrderLine
    from shipping.models import Shipment


class NotExpressible(ValueError):  # noqa: N818 - says what is wrong
    """The provider's contract cannot say this shipment: nothing is cut, nothing is sent.

    The text names the field and never its value: it is shown to staff and kept.
    """


class NotAuthentic(Exception):  # noqa: N818 - says what is wrong
    """The webhook does not prove that it comes from the provider."""


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """What happened to a parcel, in our words. `event_time` is UTC, `raw` as it was received."""

    event_id: str
    order_id: str
    event_name: str
    event_time: datetime
    raw: Any


class Provider:
    """What a shipping provider can do. What it cannot is declared, and refused loudly."""

    name: ClassVar[str]
    limits: ClassVar[Limits] = Limits()
    # Seconds for one exchange; the outbox's leases allow for DEADLINE at most.
    timeout: float = DEADLINE
    # The same `Idempotency-Key` again makes no second parcel.
    deduplicates: ClassVar[bool] = False
    # It can be asked by our reference what it has taken.
    looks_up: ClassVar[bool] = False

    @property
    def time_zone(self) -> str:
        """The zone of its event times, where they name none."""
        return "UTC"

    def create(self, shipment: "Shipment", lines: Sequence["OrderLine"]) -> Request | Outcome:
        """The request that hands over a shipment. Raises NotExpressible."""
        raise NotImplementedError

    def read(self, response: Response) -> Outcome:
        """What the answer to `create` means; Done is made by `reading.taken`."""
        raise NotImplementedError

    def look_up(self, reference: str) -> Request:
        """The request that asks for a shipment by our reference."""
        raise NotImplementedError

    def read_look_up(self, response: Response) -> Outcome | None:
        """What the answer to `look_up` means; None when the provider does not have it."""
        raise NotImplementedError

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise NotAuthentic unless the webhook is the provider's. Header names in lower case."""
        raise NotAuthentic("this provider sends no webhooks")

    def events(self, body: bytes) -> list[TrackedEvent]:
        """The events in a verified webhook's body. Raises BadEvent."""
        raise NotImplementedError


@cache
def names() -> tuple[str, ...]:
    """The providers there are: the modules of this folder."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def get(name: str) -> Provider:
    """A provider by its name. Raises LookupError when there is none."""
    if name not in names():
        raise LookupError(f"there is no shipping provider {name[:50]}")
    provider: Provider = import_module(f"{__name__}.{name}").provider
    return provider
