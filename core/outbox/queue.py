"""What is sent: rows, their jobs, and the queue that they are in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from core.database import clock
from core.http import Call, Done, Limits, Outcome, Permanent, Reader, Request

QUEUED = "queued"
SENDING = "sending"


class OutboxRow(models.Model):
    """What every row needs that is sent to the outside. The model adds `state`."""

    attempts = models.PositiveIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(default=clock.now, editable=False)
    first_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    # Sent once without a usable answer: look it up, or send it again under the same key.
    doubtful = models.BooleanField(default=False, editable=False)
    last_error = models.CharField(max_length=500, blank=True, default="", editable=False)
    # In the other side's words: it may quote people, so it is shown only where addresses are.
    last_answer = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        abstract = True

    @property
    def resend_is_harmless(self) -> bool:
        """Whether this row may be sent again though it may have been taken: then it comes twice."""
        return False


@dataclass(frozen=True, slots=True)
class Job:
    """One call to the outside: what to send and how to read the answer.

    `otherwise`: this call only asks whether the other side has the row. When it says ABSENT, the
    row is provably not there, and `otherwise` is sent in the same attempt.
    """

    request: Request
    read: Reader
    otherwise: "Job | None" = None


# What the reader of a look-up answers when the other side does not have the row.
ABSENT = Permanent("the other side does not have it", code="absent")


@dataclass(frozen=True, slots=True)
class Disposition:
    """What becomes of a row after an attempt. `due` is set when it is tried again."""

    state: str
    outcome: Outcome
    due: datetime | None = None
    in_doubt: bool = False

    @property
    def error(self) -> str:
        """Why the attempt did not succeed, for staff; empty when it did."""
        return "" if isinstance(self.outcome, Done) else self.outcome.reason[:500]

    @property
    def answer(self) -> str:
        """What the other side wrote then, in its words; empty when it was taken."""
        return "" if isinstance(self.outcome, Done) else self.outcome.answer[:200]


@dataclass(frozen=True)
class DeliveryQueue:
    """The queue to one destination: its rows, its adapter, and what it may bear.

    `prepare` makes the Job or Call of a row, or gives its Outcome where nothing is to be sent; it
    sends nothing. `record_results` records those of a chunk, all of it or nothing.
    `resend_is_safe`: the destination de-duplicates, or can be asked what it has taken.
    """

    name: str
    model: type[models.Model]
    rows: Q
    prepare: Callable[[Any], Job | Call | Outcome]
    record_results: Callable[[Sequence[tuple[Any, Disposition]]], None]
    resend_is_safe: bool
    refused_state: str = "rejected"
    limits: Limits = field(default_factory=Limits)
    chunk: int = 1000
    related: tuple[str, ...] = ()
    prefetch: tuple[str, ...] = ()

    @property
    def most_in_hand(self) -> int:
        """How many rows a worker has claimed and not recorded, at most: enough to keep the
        connections busy while answers are recorded and others claimed.

        Where a resend is not safe, no more than needed: each row that a dying worker has begun, or
        may have, costs a person's time there.
        """
        times = 10 if self.resend_is_safe else 2
        return min(self.chunk, times * self.limits.concurrency)
