"""What the smaller shipping providers share: a memory of parcels, and the road these travel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

from sandbox import reports
from sandbox.config import Config
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.posting import Post, Poster
from sandbox.wire import Names, digest


@dataclass(slots=True, eq=False)
class Parcel:
    """One accepted parcel; `status` is its last stop, `cancelled`, or empty."""

    reference: str
    label: str
    route: tuple[str, ...]
    fault: str = ""  # of its events
    status: str = ""
    stops: int = 0
    latest: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    @property
    def collected(self) -> bool:
        """Whether it is too late to cancel it."""
        return self.status not in {"", "collection", "cancelled"}


class Carrier:
    """A provider that takes what it is given, as often as it is given it."""

    name = ""

    def __init__(self, config: Config, ledger: Ledger, poster: Poster, faults: Faults) -> None:
        self.config = config
        self.ledger = ledger
        self.parcels: dict[str, Parcel] = {}  # by label
        self._poster = poster
        self._faults = faults
        self._names = Names(config.seed)

    def routes(self) -> list[web.RouteDef]:
        """Its addresses."""
        raise NotImplementedError

    def event(self, parcel: Parcel) -> tuple[bytes, Callable[[], dict[str, str]]]:
        """A webhook that says where a parcel is: body, and its headers at each try."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forget every parcel. Their events stop with `Poster.forget`."""
        self.parcels.clear()

    def new_name(self) -> str:
        """A name nobody had before."""
        return self._names.next(16)

    def take(self, reference: str) -> Parcel:
        """A new parcel, whatever there is already under this reference."""
        mark = digest(f"{self.config.seed}:{self.name}:{reference}")
        bumpy = int(mark[:8], 16) / 0x1_0000_0000 < self.config.failing_share
        label = f"{self.name[:2].upper()}-{self.new_name()[:12].upper()}"
        fault = self._faults.of_parcel(self.name)
        parcel = Parcel(reference, label, reports.route(fault, bumpy=bumpy), fault)
        if len(self.parcels) >= self.config.keep:
            del self.parcels[next(iter(self.parcels))]
        self.parcels[label] = parcel
        if self.config.events:
            self._poster.later(self.config.event_pause, lambda: self._travel(parcel))
        return parcel

    def _travel(self, parcel: Parcel) -> None:
        """Moves a parcel one step and posts it; the next step follows when that is settled."""
        if parcel.status == "cancelled" or parcel.stops == len(parcel.route):
            return
        parcel.status = parcel.route[parcel.stops]
        parcel.stops += 1
        now = datetime.now(UTC).replace(microsecond=0)
        parcel.latest = max(now, parcel.latest + timedelta(seconds=1))
        body, headers = self.event(parcel)
        self._poster.post(
            Post(
                what=f"{self.name} event",
                path=f"/api/v1/webhooks/shipping/{self.name}/",
                body=body,
                headers=headers,
                done=lambda: self._poster.later(
                    self.config.event_pause, lambda: self._travel(parcel)
                ),
            )
        )
