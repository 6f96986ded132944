"""What goes wrong with parcels, as cases. One is open exactly while its row needs staff.

`open_cases` opens, `update_cases` also closes; both run in the transaction of the change that they
are about. `open_parked` runs in a worker: whoever reports a parcel does not wait for it. What a
path forgets, the sweeper brings into step: `Kind.subjects` says which rows are wrong now.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from core import cases
from core.cases import CaseDraft, Listed
from core.cases.models import Case
from shipping.models import ProviderProfile, Return, Shipment, TrackingEvent
from shipping.models.signals import events_parked
from shipping.states import FAILED as FAILED_STATE
from shipping.states import MOVING, STALLED_STAGE

UNKNOWN = "shipment-unknown"
REJECTED = "shipment-rejected"
FAILED = "shipment-failed"
STALLED = "shipment-stuck"
PARKED = "event-parked"
FLOODED = "events-parked"
MOST_PARKED = 20
OF_STATE = {"unknown": UNKNOWN, "rejected": REJECTED, "failed-to-deliver": FAILED}
OF_SHIPMENTS = frozenset(OF_STATE.values())

HAPPENED = {
    "unknown": "It was sent, but no usable answer came: the provider may have it or not.",
    "rejected": "The provider refused it, or could not be reached for three days.",
    "failed-to-deliver": "The carrier could not deliver it.",
}


def open_cases(shipments: Iterable[Shipment]) -> None:
    """Open a case for each that is unknown, rejected or failed to deliver, and not settled."""
    wrong = [shipment for shipment in shipments if shipment.state in OF_STATE]
    if not wrong:
        return
    failed = [shipment.pk for shipment in wrong if shipment.state == FAILED_STATE]
    open_ones = failures().filter(pk__in=failed).values_list("pk", flat=True) if failed else ()
    settled = set(failed) - set(open_ones)
    cases.open(_case_of(shipment) for shipment in wrong if shipment.pk not in settled)


def failures() -> "QuerySet[Shipment]":
    """Those that could not be delivered, and were neither sent again nor are on their way back."""
    again = Shipment.objects.filter(resend_of=OuterRef("pk")).exclude(state="cancelled")
    back = Return.objects.filter(shipment=OuterRef("pk")).exclude(state__in=("refused", "closed"))
    return Shipment.objects.filter(~Exists(again), ~Exists(back), state=FAILED_STATE)


def update_cases(shipment: Shipment, *, by: str, how: str) -> None:
    """Close the cases that are over now, and open the one that its state asks for."""
    failed = shipment.state == FAILED_STATE
    settled = failed and not failures().filter(pk=shipment.pk).exists()
    over = OF_SHIPMENTS - {"" if settled else OF_STATE.get(shipment.state)}
    cases.resolve(over, [shipment.pk], by=by, resolution=how)
    open_cases([shipment])


def in_state(state: str) -> Callable[[], "QuerySet[Any]"]:
    """Ask for the shipments in a state."""
    return failures if state == FAILED_STATE else lambda: Shipment.objects.filter(state=state)


def describe(shipments: Sequence[Shipment]) -> list[CaseDraft]:
    """A case for each of them."""
    return [_case_of(shipment) for shipment in shipments]


def _case_of(shipment: Shipment) -> CaseDraft:
    return CaseDraft(
        kind=OF_STATE[shipment.state],
        subject=shipment.pk,
        title=f"{shipment.reference} by {shipment.provider}",
        summary=HAPPENED[shipment.state],
        # A failed delivery comes with no words; an older error is another story.
        source_message="" if shipment.state == "failed-to-deliver" else shipment.last_error,
        source=shipment.provider,
    )


def stalled() -> "QuerySet[Shipment]":
    """The shipments whose provider has been silent for so long that staff are to look."""
    back = Return.objects.filter(shipment=OuterRef("pk"), state="received")
    return Shipment.objects.filter(~Exists(back), state__in=MOVING, quiet=STALLED_STAGE)


def describe_stalled(shipments: Sequence[Shipment]) -> list[CaseDraft]:
    """A case for each of them."""
    return [
        CaseDraft(
            kind=STALLED,
            subject=shipment.pk,
            title=f"{shipment.reference} by {shipment.provider}",
            summary=f"It is {shipment.state}, and nothing was heard of it since "
            f"{shipment.news_at:%Y-%m-%d %H:%M} UTC.",
            source=shipment.provider,
        )
        for shipment in shipments
    ]


def parked() -> "QuerySet[TrackingEvent]":
    """The first event of each reference that we do not know."""
    earlier = TrackingEvent.objects.filter(
        shipment=None,
        parcel_back=None,
        provider=OuterRef("provider"),
        order_id=OuterRef("order_id"),
        pk__lt=OuterRef("pk"),
    )
    return TrackingEvent.objects.filter(
        ~Exists(earlier), shipment=None, parcel_back=None, applied_at=None
    )


def open_parked(ids: Collection[int]) -> int:
    """Open a case for each of these events that is the first of an unknown reference; how many.

    Those that another app knows, such as the labels of kits that come back, are none.
    """
    events_parked.send(sender=TrackingEvent, ids=ids)
    return cases.open(describe_parked(list(parked().filter(pk__in=ids))))


def describe_parked(events: Sequence[TrackingEvent]) -> list[CaseDraft]:
    """Their cases, so many at a time of each provider: a flood is one case more."""
    waiting = Case.objects.filter(kind=PARKED, closed_at=None).order_by()
    counts = Counter(dict(waiting.values_list("source").annotate(n=Count("pk"))))
    return [_case_of_parked(event) for event in events if _is_next(counts, event.provider)]


def _is_next(counts: Counter[str], provider: str) -> bool:
    counts[provider] += 1
    return counts[provider] <= MOST_PARKED


def _case_of_parked(event: TrackingEvent) -> CaseDraft:
    return CaseDraft(
        kind=PARKED,
        subject=event.pk,
        title=f"{event.order_id} by {event.provider}",
        summary=f"{event.provider} reports a parcel that we have not given it.",
        source_message=f"{event.event_name} at {event.event_time:%Y-%m-%d %H:%M:%S} UTC",
        source=event.provider,
    )


def flooded() -> "QuerySet[ProviderProfile]":
    """The providers that report more parcels that are not ours than there are cases of."""
    known = Case.objects.filter(kind=PARKED, subject_id=OuterRef("pk"))
    in_force = known.filter(Q(closed_at=None) | Q(dismissed=True))
    others = parked().filter(~Exists(in_force), provider=OuterRef("provider"))
    return ProviderProfile.objects.filter(Exists(others))


def describe_flooded(profiles: Sequence[ProviderProfile]) -> list[CaseDraft]:
    """A case for each of them."""
    return [
        CaseDraft(
            kind=FLOODED,
            subject=profile.pk,
            title=f"Parcels that {profile.provider} reports",
            summary=f"It reports more than {MOST_PARKED} parcels that we have not given it. Those "
            "beyond are no cases of their own: they are in the list of tracking events.",
            source=profile.provider,
        )
        for profile in profiles
    ]


def lists_of_flood(profile: ProviderProfile) -> Sequence[Listed]:
    """All that it reports of parcels that are not ours."""
    rows = TrackingEvent.objects.filter(shipment=None, parcel_back=None, provider=profile.provider)
    return [Listed("events", rows, {"parked": "yes", "provider": profile.provider})]


def close_parked(ids: Collection[int], *, by: str = "system") -> None:
    """Close the cases of these events: they have their shipment."""
    cases.resolve(PARKED, ids, by=by, resolution="Its shipment is known.")
