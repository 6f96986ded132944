"""The lives of a shipment and of a schedule."""

from django.db import models

from core.workflow import Workflow


class ShipmentState(models.TextChoices):
    """What the API and the admin show."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    WAITING = "waiting-for-collection"
    IN_TRANSIT = "in-transit"
    DELIVERED = "delivered"
    FAILED = "failed-to-deliver"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    MISSED = "missed"


# What the provider reports, in the order in which it happens; a tie in time is broken by it.
RANKS = {"waiting-for-collection": 0, "in-transit": 1, "failed-to-deliver": 2, "delivered": 3}
TRACKED = frozenset(RANKS)
FAILED = "failed-to-deliver"
# The kind of the event of a failed attempt to deliver that left the state as it was.
ATTEMPT = "delivery-failed"
# It is with its provider, whose reports of it are expected.
MOVING = ("sent", "waiting-for-collection", "in-transit")
# How far the watchdog goes: asked, asked again, before staff.
STALLED_STAGE = 3
EXCEPTIONS = frozenset({"unknown", "rejected", "failed-to-deliver"})
# Nobody has it for certain: somebody decides whether it is sent again.
UNDECIDED = frozenset({"unknown", "rejected", "missed"})
# It waits for its turn at a provider.
AHEAD = frozenset({"scheduled", "queued"})
# Nothing more happens to it: an order that ships no more is finished when all its parcels are.
CLOSED = frozenset({"delivered", "cancelled", "missed"})
# No provider has seen it yet, unless the row is doubtful; or one has refused it for good.
UNSENT = frozenset({"scheduled", "queued", "rejected"})
# The same, and what an outage left out: it can be sent yet.
NOT_HANDED_OVER = UNSENT | {"missed"}

# What a provider reports is true whatever we thought: only `delivered` is final.
SHIPMENT = Workflow(
    transitions={
        "scheduled": frozenset({"queued", "cancelled"}) | TRACKED,
        "queued": frozenset({"cancelled"}) | TRACKED,
        "sending": TRACKED,
        # By the provider, which was asked (cancellations.py); or it was asked after it, and has
        # none.
        "sent": TRACKED | {"cancelled", "unknown"},
        # The fold may go back when an event arrives late: only the whole story counts.
        "waiting-for-collection": TRACKED | {"cancelled", "unknown"},
        "in-transit": TRACKED,
        "failed-to-deliver": TRACKED | {"cancelled"},
        "delivered": frozenset(),
        "unknown": frozenset({"queued", "sent", "cancelled"}) | TRACKED,
        "rejected": frozenset({"queued", "cancelled"}) | TRACKED,
        "cancelled": TRACKED,
        "missed": frozenset({"queued"}) | TRACKED,
    }
)


class ReturnState(models.TextChoices):
    """What the API and the admin show of a parcel that comes back."""

    REQUESTED = "requested"
    LABEL_SENT = "label-sent"
    IN_TRANSIT = "in-transit"
    RECEIVED = "received"
    REFUSED = "refused"
    CLOSED = "closed"


# A parcel of which something can come back: it has left us.
RETURNABLE = frozenset({"sent", *TRACKED})
# What a provider's event means for a return; at our door “delivered” is here again.
RETURNED_BY = {
    "waiting-for-collection": "label-sent",
    "in-transit": "in-transit",
    "failed-to-deliver": "in-transit",
    "delivered": "received",
}
RETURN = Workflow(
    transitions={
        "requested": frozenset({"label-sent", "in-transit", "received", "closed"}),
        "label-sent": frozenset({"in-transit", "received", "closed"}),
        "in-transit": frozenset({"received", "refused", "closed"}),
        "received": frozenset(),
        "refused": frozenset(),
        "closed": frozenset(),
    }
)
# It is under way, or to come.
RETURN_OPEN = frozenset(state for state, moves in RETURN.transitions.items() if moves)


class ScheduleState(models.TextChoices):
    """Whether a schedule makes shipments."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"


SCHEDULE = Workflow(
    transitions={
        "active": frozenset({"paused", "cancelled"}),
        "paused": frozenset({"active", "cancelled"}),
        "cancelled": frozenset(),
    }
)

# How the admin colours them; a state that is not here has no colour of its own.
SHIPMENT_COLOURS = {
    "scheduled": "info",
    "queued": "info",
    "sending": "info",
    "sent": "info",
    "waiting-for-collection": "warning",
    "in-transit": "warning",
    "delivered": "success",
    "failed-to-deliver": "danger",
    "unknown": "danger",
    "rejected": "danger",
}
SCHEDULE_COLOURS = {"active": "success", "paused": "warning", "cancelled": "danger"}
RETURN_COLOURS = {
    "requested": "info",
    "label-sent": "info",
    "in-transit": "warning",
    "received": "success",
    "refused": "danger",
}
