"""What happens to kits as time passes, and what was missed."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from core.database import clock
from core.database.folding import NumberKey
from core.database.slices import Slices
from core.failures import failed, steps, together
from kits import tracking
from kits.clocks import reminders
from kits.models import Kit

WORK = "claim the tracking event"
OF_INTEREST = timedelta(days=14)
_parked = Slices("received_at")


def sweep() -> dict[str, int]:
    """One pass; how many of each kind."""
    return steps(
        "kits",
        {"events of return labels": claim_late, "reminded of kits": reminders.remind},
    )


def claim_late() -> int:
    """Claim the events of return labels whose task was lost; how many.

    Of those that are nobody's the newest are looked at each time, the others slice by slice.
    """
    events = tracking.unclaimed()
    now = clock.now()
    there = _parked.look(events, now - OF_INTEREST) | Q(pk__in=failed(WORK))
    kits = Kit.objects.filter(return_tracking=NumberKey(OuterRef("order_id")))
    ids = list(events.filter(there, Exists(kits)).order_by("pk").values_list("pk", flat=True))
    claimed = together(WORK, ids, tracking.claim)
    _parked.go_on()
    return claimed
