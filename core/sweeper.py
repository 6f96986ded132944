"""What the core leaves behind, and throws away; and cases that nobody opened or closed."""

import time

from core import cases
from core.api.idempotency import forget_old_keys
from core.failures import forget_untried, steps

# Cases are opened and closed by whoever notices. Looking for what was forgotten reads every row in
# trouble, so after a pass that found nothing it rests.
REST = 60.0


class Reconciler:
    """Reconciles the cases, unless it found them in step a short while ago in this process."""

    def __init__(self) -> None:
        self._resting_until = float("-inf")

    def sweep(self) -> dict[str, int]:
        """How many were opened and closed; nothing while it rests."""
        if time.monotonic() < self._resting_until:
            return {}
        found = cases.reconcile()
        if not any(found.values()):
            self._resting_until = time.monotonic() + REST
        return found


reconciler = Reconciler()


def sweep() -> dict[str, int]:
    """One pass; how much of each kind was forgotten or repaired."""
    of_cases: dict[str, int] = {}

    def reconcile() -> int:
        of_cases.update(reconciler.sweep())
        return 0

    of_core = steps(
        "core",
        {
            "idempotency keys forgotten": forget_old_keys,
            "failures that nobody tries forgotten": forget_untried,
            "cases": reconcile,
        },
    )
    return of_core | of_cases
