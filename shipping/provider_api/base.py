"""What a shipping provider is: the class of each, what it gives and what it raises."""

import json
import os
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings

from core.http import Limits, Outcome, Request, Response
from core.http.messages import DEADLINE

if TYPE_CHECKING:
    from orders.models import OrderLine
    from shipping.models import Shipment


class UnsupportedShipmentError(ValueError):
    """The provider's contract cannot express this shipment: nothing is cut, nothing is sent.

    The text names the field and never its value: it is shown to staff and kept.
    """


class WebhookValidationError(Exception):
    """The webhook does not prove that it comes from the provider."""


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """What happened to a parcel. `event_time` is UTC, `raw` as it was received.

    `event_name` is one of our tracking statuses; empty when the provider's own word or code for it,
    `raw_status`, is none that its file knows: such an event is kept for staff, and moves nothing.
    """

    event_id: str
    order_id: str
    event_name: str
    event_time: datetime
    raw: Any
    raw_status: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A proven webhook, or a part of it, that cannot be read; the whole body is bytes.

    `problem` is our text; `order_id` and `raw_status` hold what could be made out all the same.
    """

    raw: Any
    problem: str
    order_id: str = ""
    raw_status: str = ""


class UnsupportedOperationError(NotImplementedError):
    """The provider has no such service, and says so in its file."""


# What a provider declares, and the methods that it then has to define.
# Of providers written for the release before, which would be ignored under their old names.
_RENAMED = {
    "looks_up": "supports_lookup",
    "cancels": "supports_cancellation",
    "deduplicates": "is_idempotent",
    "reports": "sends_webhooks",
    "pretends": "is_fake",
    "news": "tracking_status",
    "told": "setting",
}
_CAPABILITIES = {
    "supports_lookup": ("look_up", "read_look_up"),
    "supports_cancellation": ("cancel", "read_cancel"),
    "sends_webhooks": ("verify", "events"),
}


class Provider:
    """What a shipping provider can do. What it cannot is declared, and refused loudly."""

    name: ClassVar[str]
    # Settings it cannot work without: `URL` is NORTHPOST_URL in the environment of `northpost`.
    needs: ClassVar[tuple[str, ...]] = ()
    # What the names of its settings begin with, where that is not its own name.
    settings_prefix: ClassVar[str] = ""
    limits: ClassVar[Limits] = Limits()
    # Seconds for one exchange; the outbox's leases allow for DEADLINE at most.
    timeout: float = DEADLINE
    # The same `Idempotency-Key` again makes no second parcel.
    is_idempotent: ClassVar[bool] = False
    # It can be asked by our reference what it has taken.
    supports_lookup: ClassVar[bool] = False
    # It can cancel a parcel that it has accepted.
    supports_cancellation: ClassVar[bool] = False
    # It reports by webhook where parcels are.
    sends_webhooks: ClassVar[bool] = False
    # It carries no real parcel: refused in production.
    is_fake: ClassVar[bool] = False
    # The URL that staff typed, instead of the environment's; `with_url` sets it.
    typed_url: str = ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a provider that declares one thing and defines another."""
        super().__init_subclass__(**options)
        for old, new in _RENAMED.items():
            if old in vars(cls):
                raise TypeError(f"{cls.name}: {old} is now called {new}")
        for capability, methods in _CAPABILITIES.items():
            for method in methods:
                defined = getattr(cls, method) is not getattr(Provider, method)
                if defined != getattr(cls, capability):
                    have = "is defined" if defined else "is missing"
                    raise TypeError(
                        f"{cls.name}: {capability} is {not defined}, but {method} {have}"
                    )

    def setting(self, what: str) -> str:
        """A setting's value, from the settings or the environment; empty when it is not set."""
        name = f"{self._prefix}_{what}"
        return str(getattr(settings, name, "") or os.environ.get(name, ""))

    def secrets(self, what: str) -> list[str]:
        """A secret that may be several, separated by commas, while one replaces another."""
        return [part.strip() for part in self.setting(what).split(",") if part.strip()]

    @property
    def _prefix(self) -> str:
        return self.settings_prefix or self.name.upper()

    def missing(self) -> list[str]:
        """The settings it lacks, by their full names: without them nothing is sent."""
        has = {"URL"} if self.typed_url else set()
        needed = (what for what in self.needs if what not in has)
        return [f"{self._prefix}_{what}" for what in needed if not self.setting(what)]

    def needed(self) -> list[str]:
        """The full names of the settings that it cannot work without."""
        return [f"{self._prefix}_{what}" for what in self.needs]

    def secret_values(self) -> list[str]:
        """The values of all its settings but the URL: no answer that repeats one is shown."""
        return [part for what in self.needs if what != "URL" for part in self.secrets(what)]

    @property
    def url(self) -> str:
        """Its base URL, without a slash at the end."""
        return (self.typed_url or self.setting("URL")).rstrip("/")

    @property
    def resend_is_safe(self) -> bool:
        """Whether a lost answer can be found out, or the request repeated without harm."""
        return self.supports_lookup or self.is_idempotent

    def with_url(self, url: str) -> "Provider":
        """The same provider at the URL that staff typed."""
        moved = copy(self)
        moved.typed_url = url
        return moved

    @property
    def time_zone(self) -> str:
        """The zone of its event times, where they name none."""
        return self.setting("TIME_ZONE") or "UTC"

    def create(self, shipment: "Shipment", lines: Sequence["OrderLine"]) -> Request | Outcome:
        """The request that hands over a shipment. Raises UnsupportedShipmentError."""
        raise NotImplementedError

    def read(self, response: Response) -> Outcome:
        """What the answer to `create` means; Done is made by `parsing.accepted`."""
        raise NotImplementedError

    def look_up(self, reference: str) -> Request:
        """The request that asks for a shipment by our reference."""
        raise UnsupportedOperationError(f"{self.name} cannot be asked what it has taken")

    def read_look_up(self, response: Response) -> Outcome | None:
        """What the answer to `look_up` means; None when the provider does not have it."""
        raise UnsupportedOperationError(f"{self.name} cannot be asked what it has taken")

    def tracking_status(self, response: Response) -> str:
        """Where the parcel is by the answer to `look_up`, as one of our tracking statuses.

        Empty when it does not say.
        """
        return ""

    def cancel(self, shipment: "Shipment") -> Request:
        """The request that takes a shipment back. Raises UnsupportedShipmentError."""
        raise UnsupportedOperationError(f"{self.name} cannot cancel a parcel")

    def read_cancel(self, response: Response) -> Outcome:
        """What the answer to `cancel` means: Done when the parcel certainly does not go out."""
        raise UnsupportedOperationError(f"{self.name} cannot cancel a parcel")

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check that a webhook is the provider's. Header names are in lower case.

        Raises WebhookValidationError.
        """
        raise WebhookValidationError("this provider sends no webhooks")

    def events(self, body: bytes) -> Sequence[TrackedEvent | Unreadable]:
        """The events in a verified webhook's body. Raises InvalidEventError when it holds none."""
        raise UnsupportedOperationError(f"{self.name} sends no webhooks")

    def event(self, raw: Any) -> TrackedEvent:
        """One event, as it was kept raw. Raises InvalidEventError.

        To be defined where it is not the whole of a JSON body.
        """
        events = self.events(json.dumps(raw).encode())
        if len(events) != 1 or not isinstance(events[0], TrackedEvent):
            raise ValueError("not one event")
        return events[0]
