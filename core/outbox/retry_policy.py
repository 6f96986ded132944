"""What an outcome means for a row, and when it is tried again."""

import random
from datetime import datetime, timedelta

from core.database import clock
from core.http import Done, Outcome, Permanent, Temporary, Unknown
from core.outbox.queue import QUEUED, DeliveryQueue, Disposition, OutboxRow

GIVE_UP_AFTER = timedelta(hours=72)
LONGEST_PAUSE = 3600.0
# However often it was tried: what waits for the end of an outage of minutes must not wait as long
# again. In an outage of hours the pauses grow to a tenth of it.
SHORT_PAUSE = 60.0
OF_ITS_AGE = 0.1


def decide(row: OutboxRow, outcome: Outcome, queue: DeliveryQueue) -> Disposition:
    """What an outcome means for a row: the promises of docs/architecture.md in one table."""
    if isinstance(outcome, Done):
        return Disposition("sent", outcome)
    if isinstance(outcome, Permanent):
        # A refusal of the second try says nothing of the first.
        state = "unknown" if row.doubtful else queue.refused_state
        return Disposition(state, outcome, in_doubt=row.doubtful)
    in_doubt = row.doubtful or isinstance(outcome, Unknown) or not outcome.not_taken
    if in_doubt and not (queue.resend_is_safe or row.resend_is_harmless):
        return Disposition("unknown", outcome, in_doubt=True)
    if clock.now() - (row.first_attempt_at or clock.now()) >= GIVE_UP_AFTER:
        return Disposition(
            "unknown" if in_doubt else queue.refused_state, outcome, in_doubt=in_doubt
        )
    return Disposition(QUEUED, outcome, due=_retry_at(row, outcome), in_doubt=in_doubt)


def _retry_at(row: OutboxRow, outcome: Temporary | Unknown) -> datetime:
    """Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), capped at one hour."""
    age = (clock.now() - (row.first_attempt_at or clock.now())).total_seconds()
    longest = min(LONGEST_PAUSE, max(SHORT_PAUSE, OF_ITS_AGE * age))
    ceiling = min(longest, 5.0 * 2 ** min(row.attempts, 12))
    pause = random.uniform(1.0, ceiling)  # noqa: S311 - spreads load, guards nothing
    asked = outcome.retry_after if isinstance(outcome, Temporary) else None
    return clock.now() + timedelta(seconds=min(pause + (asked or 0.0), LONGEST_PAUSE))
