"""What a result does to its kit, and whom it is announced to; what a kit does to its sample."""

from typing import Any

from django.db import transaction

from clinical.laboratories import samples
from clinical.models import LabResult, ResultEvent, Sample
from core.database import clock
from core.workflow import transition_locked
from kits.models import Kit, KitEvent
from kits.models.locking import lock_with_order
from orders.models import OrderEvent

# Where a kit is once its result has come so far.
OF_RESULT = {"waiting": "in-lab", "held": "in-lab", "released": "resulted"}
# What it passes on the way there, also where nobody has scanned it: the result is the proof.
PATH = ("received", "accepted", "in-lab", "resulted")
# It was told to somebody that this kit gives no result: a person decides.
STAYS = frozenset({"rejected", "destroyed"})
READY, CORRECTED = "result-ready", "result-corrected"


def follow(event: ResultEvent) -> None:
    """Move the kit of a result with it, and write the order's event that is announced: that there
    is something new, and nothing of what."""
    kit = _kit_of(event.result)
    if kit is None:
        return
    state = OF_RESULT.get(event.to_state)
    if state is not None and event.kind != "corrected":
        _move(kit, state, by=event.actor)
    if event.kind == "corrected":
        _announce(kit, CORRECTED, by=event.actor)
    elif event.to_state == "released" and event.from_state != "released":
        _announce(kit, READY, by=event.actor)


def ended(event: KitEvent) -> None:
    """A kit that is destroyed before there was a result gets none."""
    sample = Sample.objects.filter(serial=event.kit.serial).exclude(state="destroyed").first()
    if sample is not None and not sample.results.exclude(state="cancelled").exists():
        samples.destroy(sample, by=event.actor, reason="its kit was destroyed")


def _kit_of(result: LabResult) -> Kit | None:
    if result.sample is None:
        return None
    return Kit.objects.filter(serial=result.sample.serial).first()


@transaction.atomic
def _move(kit: Kit, state: str, *, by: str) -> None:
    """Along the way, from wherever it is; not back, and not where a person must decide."""
    locked = lock_with_order(kit)
    if locked.state in STAYS:
        return
    begun = PATH.index(locked.state) + 1 if locked.state in PATH else 0
    for step in PATH[begun : PATH.index(state) + 1]:
        if step not in Kit.WORKFLOW.transitions[locked.state]:
            return
        more: dict[str, Any] = {"received_at": clock.now()} if step == "received" else {}
        transition_locked(locked, step, by=by, detail="by its result", **more)


def _announce(kit: Kit, kind: str, *, by: str) -> None:
    if kit.shipment:
        order = kit.shipment.order
        OrderEvent.objects.create(order=order, kind=kind, actor=by, detail=f"kit {kit}")
