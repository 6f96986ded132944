"""What the core leaves behind, and throws away; and cases that nobody opened or closed."""

from core import cases
from core.idempotency import forget_old_keys


def sweep() -> dict[str, int]:
    """One pass; how much of each kind was forgotten or repaired."""
    return {"idempotency keys forgotten": forget_old_keys()} | cases.reconcile()
