"""The verbs of whoever receives kits: receive, resume."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import cases
from core.database import clock
from core.workflow import TransitionNotAllowedError, transition_locked
from kits import cases as kit_cases
from kits.models import Kit
from kits.models.locking import lock_with_order
from kits.places import is_place_free
from kits.values.reasons import Condition, Reason, is_final

# What a case is opened, and closed, for.
OF_REJECTED = (kit_cases.WAITING, kit_cases.FINAL)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is seen of a kit at the door. `reason` is empty for one that is accepted.

    `received_at` is now unless it is said.
    """

    condition: str
    reason: str = ""
    received_at: datetime | None = None

    def check(self) -> None:
        """Raise ValidationError, by field, for codes that we do not know, and for the future."""
        if self.condition not in Condition.values:
            raise ValidationError({"condition": f"Choose one of {', '.join(Condition.values)}."})
        if self.reason and self.reason not in Reason.values:
            raise ValidationError({"reason": f"Choose one of {', '.join(Reason.values)}."})
        if self.received_at and self.received_at > clock.now():
            raise ValidationError({"received_at": "Give a time that is not in the future."})


@transaction.atomic
def receive(kit: Kit, receipt: Receipt, *, by: str) -> Kit:
    """Record that a kit is here, and whether it can be examined.

    It is accepted, or rejected for a reason: one that the person can put right waits for them, any
    other is final. Raises ValidationError, by field, and TransitionNotAllowedError for one that
    cannot have come back: it was never sent, was received before, or was destroyed.
    """
    receipt.check()
    locked = lock_with_order(kit)
    if locked.state == "lost" and not is_place_free(locked):
        raise TransitionNotAllowedError(
            f"Kit {locked} was given up, and another was sent in its place. Put it aside."
        )
    received_at = receipt.received_at or clock.now()
    if locked.packed_at and received_at < locked.packed_at:
        raise ValidationError({"received_at": "Give a time after the kit was packed."})
    seen: Mapping[str, Any] = {"received_at": received_at, "condition": receipt.condition}
    transition_locked(locked, "received", by=by, detail=_condition(receipt), **seen)
    if receipt.reason:
        _reject(locked, receipt.reason, by=by)
    else:
        transition_locked(locked, "accepted", by=by)
    return locked


@transaction.atomic
def resume(kit: Kit, *, by: str, reason: str) -> Kit:
    """Accept a kit after all: the person said what was missing; `reason` is what.

    Raises TransitionNotAllowedError unless it waits for that, ValidationError (`reason`) without
    what was said.
    """
    if len(reason.strip()) < 5:
        raise ValidationError({"reason": "Say how it was put right; no personal data."})
    locked = lock_with_order(kit)
    if locked.state != "rejected" or is_final(locked.reason):
        raise TransitionNotAllowedError(
            f"Kit {locked} is {locked.state}: it does not wait for what a person says."
        )
    transition_locked(locked, "accepted", by=by, kind="resumed", detail=reason.strip(), reason="")
    cases.resolve(OF_REJECTED, [locked.pk], by=by, resolution="It was put right.")
    return locked


def _reject(kit: Kit, reason: str, *, by: str) -> None:
    what = "final" if is_final(reason) else "waits for the person"
    detail = f"{reason}, {Reason(reason).label}: {what}"
    transition_locked(kit, "rejected", by=by, detail=detail, reason=reason)
    cases.open([kit_cases.rejected(kit)])


def _condition(receipt: Receipt) -> str:
    return f"{receipt.condition}, {Condition(receipt.condition).label}"
