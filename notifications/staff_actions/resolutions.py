"""What staff do about messages that went wrong, beside sending them again."""

from django.core.exceptions import ValidationError
from django.db import transaction

from core import cases
from core.database import clock
from core.models import Circuit
from core.outbox import circuit_breaker
from core.risks import check_reason, weigh
from core.workflow import TransitionNotAllowedError
from notifications.cases import HALTED, keep_in_step, twice_risk
from notifications.models import Notification, NotificationEvent
from notifications.services import notify
from notifications.states import EXCEPTIONS
from notifications.task_names import dispatch


@transaction.atomic
def close(row: Notification, *, by: str, reason: str) -> None:
    """Nobody has to look at it any more: it stays failed or unknown, and the reason is kept.

    Raises ValidationError without a reason, TransitionNotAllowedError when there is nothing to
    close.
    """
    if not reason.strip():
        raise ValidationError("Say why it is left as it is.")
    locked = Notification.objects.select_for_update(of=("self",)).get(pk=row.pk)
    _check_open(locked)
    row.closed_at = locked.closed_at = clock.now()
    locked.save(update_fields=["closed_at"])
    NotificationEvent.objects.create(
        notification=locked,
        kind="closed",
        from_state=locked.state,
        to_state=locked.state,
        actor=by,
        detail=reason.strip()[:500],
    )
    keep_in_step([locked], by=by, how=reason.strip())


@transaction.atomic
def send_by_other_channel(
    row: Notification, channel: str, *, by: str, reason: str, despite_risk: bool = False
) -> Notification:
    """Send the same text by another channel, as a message of its own; this one is closed.

    Raises ValidationError for the same channel, for one that does not reach the customer and
    without a reason; UnsafeActionError when they may get it twice unless `despite_risk`;
    TransitionNotAllowedError when it did not go wrong, or was closed.
    """
    locked = Notification.objects.select_for_update(of=("self",)).get(pk=row.pk)
    _check_open(locked)
    check_reason(reason, "it is sent by another channel")
    detail = weigh(twice_risk(locked), despite_risk=despite_risk, reason=reason)
    if channel == row.channel:
        raise ValidationError({"channel": "Choose another channel than the one that failed."})
    new = notify(row.customer, message=row.message, channel=channel, subject=row.subject, by=by)
    if new.state == "suppressed":
        raise ValidationError({"channel": new.last_error})
    close(row, by=by, reason=f"(sent by {channel} as {new.pk}) {detail}")
    return new


def _check_open(row: Notification) -> None:
    if row.state not in EXCEPTIONS or row.closed_at:
        raise TransitionNotAllowedError(
            f"This notification is {row.state}: there is nothing to close."
        )


@transaction.atomic
def try_service_now(circuit: Circuit, *, by: str) -> None:
    """Let a probe through at once to a service through which nothing went."""
    _, channel, provider = circuit.name.split(":")
    circuit_breaker.half_open(circuit.name)
    cases.resolve(HALTED, [circuit.pk], by=by, resolution="Staff let a probe through.")
    dispatch.delay_on_commit(channel, provider)
