"""What speaks against a verb, and what it takes to do it all the same.

A verb asks under the lock of its rows, so that it refuses by itself whatever door it is called by,
and whatever has changed since somebody looked.
"""

from django.core.exceptions import ValidationError

from core.workflow import TransitionNotAllowedError

SHORTEST_REASON = 5
LONGEST_DETAIL = 500


class UnsafeActionError(TransitionNotAllowedError):
    """Something speaks against it. Whoever does it all the same says so, and why."""


def weigh(obstacle: str, *, despite_risk: bool, reason: str) -> str:
    """What the history keeps: the reason, and the obstacle it was done despite, if there is one.

    Raises UnsafeActionError for an obstacle unless `despite_risk` was said, and then
    ValidationError (`reason`) without a reason.
    """
    if not obstacle:
        return reason.strip()
    if not despite_risk:
        raise UnsafeActionError(obstacle)
    check_reason(reason)
    tail = f" (despite: {obstacle})"
    return reason.strip()[: LONGEST_DETAIL - len(tail)] + tail


def check_reason(reason: str, of: str = "it is done") -> None:
    """Raise ValidationError (`reason`) unless somebody could understand later why `of`."""
    if len(reason.strip()) < SHORTEST_REASON:
        text = f"Say why {of}. At least {SHORTEST_REASON} characters are kept on record."
        raise ValidationError({"reason": text})
