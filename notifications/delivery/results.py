"""What the answers to a chunk mean: for each message, and then what else follows from them."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from core.database import clock
from core.database.sql import update_each
from core.http import Done
from core.outbox import Disposition, circuit_breaker
from notifications import cases
from notifications.channels import ServiceUnavailable
from notifications.delivery import costs, deferral, failover, invalid_recipients
from notifications.delivery.answers import Answers
from notifications.delivery.incoming import reports
from notifications.models import Notification
from notifications.models.history import record

logger = logging.getLogger(__name__)

HALTED_FOR = timedelta(minutes=15)
_COLUMNS = (
    "id",
    "fence",
    "state",
    "lease_until",
    "next_attempt_at",
    "doubtful",
    "provider",
    "last_error",
    "last_answer",
    "provider_reference",
    "cost",
    "sent_at",
)


@transaction.atomic
def record_results(
    queue: str, channel: str, results: Sequence[tuple[Notification, Disposition]]
) -> None:
    """Record the answers of a chunk, where the row is still ours, and let each handler act."""
    now, closed = clock.now(), failover.closed_alternatives(channel)
    for row, disposition in results:
        _update(row, disposition, now)
        failover.move_on(row, disposition, closed, now)
    if queued := [row for row, _ in results if row.state == "queued"]:
        deferral.defer_retries(queued)
    values = [_values(row, disposition) for row, disposition in results]
    still_ours = "t.fence = v.fence AND t.state = 'sending'"
    ours = {pk for (pk,) in update_each(Notification, _COLUMNS, values, where=still_ours)}
    kept = [(row, disposition) for row, disposition in results if row.pk in ours]
    taken = [row for row, disposition in kept if isinstance(disposition.outcome, Done)]
    answers = Answers(queue, now, kept, taken)
    for handle in HANDLERS:
        handle(answers)


def _update(row: Notification, disposition: Disposition, now: datetime) -> None:
    """Put into the row what the answer means for it."""
    outcome = disposition.outcome
    row.next_attempt_at = disposition.due or row.next_attempt_at
    row.state, row.last_error = disposition.state, disposition.error
    row.last_answer = disposition.answer
    if isinstance(outcome, Done):
        row.provider_reference, row.sent_at = outcome.reference, now
        row.cost = outcome.details.get("cost", "")


def _values(row: Notification, disposition: Disposition) -> tuple[object, ...]:
    """The row's new columns, in the order of `_COLUMNS`."""
    return (
        row.pk,
        row.fence,
        row.state,
        None,
        row.next_attempt_at,
        disposition.in_doubt,
        row.provider,
        row.last_error,
        row.last_answer,
        row.provider_reference,
        row.cost,
        row.sent_at,
    )


def write_history(answers: Answers) -> None:
    """Write the event of each message."""
    record([row for row, _ in answers.rows], was="sending")


def halt(answers: Answers) -> None:
    """Open the circuit of a service through which nothing goes until staff act, with a case.

    The queue waits, without burning attempts.
    """
    outcomes = [disposition.outcome for _, disposition in answers.rows]
    reasons = [each.reason for each in outcomes if isinstance(each, ServiceUnavailable)]
    if reasons:
        cases.service_halted(circuit_breaker.trip(answers.queue, HALTED_FOR, reasons[0]))
        logger.error("%s is halted for %s: %s", answers.queue, HALTED_FOR, reasons[0])


def keep_cases(answers: Answers) -> None:
    """Open the cases of messages that went wrong, and close that of a service that works again."""
    # The others have no open case: sending them again has closed it.
    if wrong := [row for row, _ in answers.rows if cases.kind_of(row)]:
        cases.keep_in_step(wrong)
    if answers.taken:
        cases.service_works(answers.queue)


# What follows from the answers of a chunk, in this order and in the transaction that records them.
HANDLERS: tuple[Callable[[Answers], None], ...] = (
    write_history,
    costs.add,
    invalid_recipients.take_refusals,  # may send a message elsewhere, which then has no case
    halt,
    reports.apply_overtaking,
    keep_cases,
)
