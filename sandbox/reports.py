"""What carriers do wrong when they report, on order: the ``events`` of a fault (see faults.py).

``PUT /faults`` takes ``{"northpost": {"events": "returned"}}`` for provider, northpost and
swiftparcel; it holds for the parcels that they take from then on (``share`` of them, ``times``).

| events | what the webhooks say |
|---|---|
| ``unknown_status`` | a status that was never agreed, on the way |
| ``bad_batch`` | beside each event a new code and an event without a reference (northpost) |
| ``same_ids`` | ids count the events of each parcel: 1, 2, 3 (the provider's have none) |
| ``clock_ahead`` | the first event comes from a depot whose clock is an hour ahead |
| ``padded`` | our reference in capitals, and padded with blanks to 35 |
| ``rfc3339`` | times in UTC with a small t and z |
| ``silent`` | nothing: nobody hears of the parcel again |
| ``attempts`` | three attempts to deliver that fail, then delivered |
| ``returned`` | an attempt that fails, then a status of their own for sent back |
"""

from datetime import datetime, timedelta

EVENT_FAULTS = (
    "unknown_status",
    "bad_batch",
    "same_ids",
    "clock_ahead",
    "padded",
    "rfc3339",
    "silent",
    "attempts",
    "returned",
)
CARRIERS = ("provider", "northpost", "swiftparcel")
CUSTOMS, RETURNED = "customs", "returned"  # stops that were never agreed
BEFORE = ("collection", "transit")
AHEAD = timedelta(hours=1)
PADDED_TO = 35


def check(events: str, mode: str, target: str) -> None:
    """Raise ValueError, with a sentence, for an order that makes no sense."""
    if events not in EVENT_FAULTS or mode:
        raise ValueError(f"Either a mode, or events: {', '.join(EVENT_FAULTS)}.")
    if target not in CARRIERS:
        raise ValueError(f"Events are reported by: {', '.join(CARRIERS)}.")


def route(fault: str, *, bumpy: bool) -> tuple[str, ...]:
    """The stops of a parcel; a bumpy road has one attempt that fails."""
    match fault:
        case "silent":
            return ()
        case "unknown_status":
            return (*BEFORE, CUSTOMS, "delivered")
        case "attempts":
            return (*BEFORE, "failed", "failed", "failed", "delivered")
        case "returned":
            return (*BEFORE, "failed", RETURNED)
    return (*BEFORE, "failed", "delivered") if bumpy else (*BEFORE, "delivered")


def reference(fault: str, ours: str) -> str:
    """Our reference as they write it."""
    return ours.upper().ljust(PADDED_TO) if fault == "padded" else ours


def event_id(fault: str, number: int, name: str) -> str:
    """The id of the parcel's event of this number."""
    return str(number) if fault == "same_ids" else name


def written(fault: str, number: int, local: datetime, form: str) -> str:
    """When the parcel's event of this number happened; ``local`` is aware, in their zone."""
    moment = local + AHEAD if fault == "clock_ahead" and number == 1 else local
    if fault == "rfc3339":
        return (moment - (moment.utcoffset() or timedelta())).strftime("%Y-%m-%dt%H:%M:%Sz")
    return moment.strftime(form)
