"""What the core leaves behind, and throws away."""

from core.idempotency import forget_old_keys


def sweep() -> dict[str, int]:
    """One pass; how many answers under idempotency keys were too old to keep."""
    return {"idempotency keys forgotten": forget_old_keys()}
