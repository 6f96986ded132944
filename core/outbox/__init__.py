"""The outbox: rows that say what is still to be sent, and how workers share them.

A row is *claimed* (state, lease, fencing token), the claim is committed, the outside is called
without a transaction, and the result is *recorded* where the token is still ours. So a worker that
dies, or comes back late, can neither lose a row nor record a result over another worker's.
"""

from core.outbox.claims import claim, due_rows, reclaim_expired, release
from core.outbox.queue import ABSENT, QUEUED, SENDING, DeliveryQueue, Disposition, Job, OutboxRow
from core.outbox.retry_policy import decide
from core.outbox.worker import attempt, work

__all__ = [
    "ABSENT",
    "QUEUED",
    "SENDING",
    "DeliveryQueue",
    "Disposition",
    "Job",
    "OutboxRow",
    "attempt",
    "claim",
    "decide",
    "due_rows",
    "reclaim_expired",
    "release",
    "work",
]
