"""What an exchange with the outside came to: one of four things, and only the caller goes on.

A `reason` is in our words, with a status or a code at most: whoever sees the row sees it, and its
history keeps it. `answer` is the beginning of what the other side wrote, which may quote people: it
is shown only where their addresses are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """Taken. `reference` is the other side's name for it, `details` the adapter's own facts."""

    reference: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Temporary:
    """Not now: try again, in `retry_after` seconds if the other side said so.

    `not_taken`: it provably has not taken it, so another one may be asked instead.
    """

    reason: str
    retry_after: float | None = None
    not_taken: bool = True
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Permanent:
    """Refused for good: trying again changes nothing until somebody corrects it."""

    reason: str
    code: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, but no usable answer: it may or may not have been taken."""

    reason: str
    answer: str = ""


Outcome = Done | Temporary | Permanent | Unknown


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a connection, in words for staff; `is_good` is None where the contract
    of the other side has nothing to try it by, so that nothing was asked."""

    is_good: bool | None
    text: str


UNTESTABLE = Trial(
    None,
    "Nothing was asked: its contract has no request that sends nothing. What is sent next shows "
    "whether it works.",
)
