"""The outbox: rows that say what is still to be sent, and how workers share them.

A row is *claimed* (state, lease, fence), the claim is committed, the outside is called without a
transaction, and the answer is *settled* where the fence is still ours. So a worker that dies, or
comes back late, can neither lose a row nor settle it for another worker.
"""

from core.outbox.claims import claim, due_rows, give_back, renew, take_over
from core.outbox.queue import ABSENT, QUEUED, SENDING, Job, Lane, OutboxRow, Settlement
from core.outbox.retry_policy import judge
from core.outbox.worker import attempt, work

__all__ = [
    "ABSENT",
    "QUEUED",
    "SENDING",
    "Job",
    "Lane",
    "OutboxRow",
    "Settlement",
    "attempt",
    "claim",
    "due_rows",
    "give_back",
    "judge",
    "renew",
    "take_over",
    "work",
]
