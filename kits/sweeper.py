"""What happens to kits as time passes."""

from core.failures import steps
from kits.clocks import reminders


def sweep() -> dict[str, int]:
    """One pass; how many of each kind."""
    return steps("kits", {"reminded of kits": reminders.remind})
