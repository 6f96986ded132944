"""The jobs that are measured; called by `make bench`. Each measures the two sides in turns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how often is measured, how many orders there are now, schedules due."""

    seconds: float
    runs: int
    orders: int
    due: int = 0
