"""The verbs of notifications. A message is a row first; sending it is the outbox's work."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.database import clock
from core.database.unit_of_work import unit_of_work
from core.risks import check_reason, weigh
from core.workflow import transition
from customers.models import Customer
from notifications import cases
from notifications.composition import digest
from notifications.composition.builder import messages_for
from notifications.composition.direct import compose, route_to
from notifications.models import Notification
from notifications.models.history import record
from notifications.policy import send_window, spacing
from notifications.policy.triggers import Trigger
from notifications.task_names import dispatch


@transaction.atomic
def notify(  # noqa: PLR0913 - the public interface; each but the customer has a default
    customer: Customer,
    message: str = "",
    channel: str = "",
    *,
    template: str = "",
    subject: str = "",
    critical: bool = False,
    by: str = "system",
    key: str = "",
) -> Notification:
    """Write one message to a customer: `notify(customer, message="…", channel="sms")`.

    In place of a message, `template` names one of the templates “message to many”. Without a
    channel it goes by the one they chose, or the first that reaches them. Gives the notification:
    it waits for the end of quiet hours unless it is `critical`, and is suppressed when they have
    opted out or have just got the same text. Of several with the same `key` one is written: it
    is given again. Raises ValidationError, by field, for an unknown channel or template, a
    customer it does not reach, a message that is empty, longer than 2000 characters or not plain
    text, and one that reveals something of health where anybody may read it.
    """
    row, policy = compose(customer, message, channel, template=template, subject=subject)
    row.critical = critical
    send_window.apply(row, policy.window)
    row.source = f"written:{customer.pk}:{key}" if key else ""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if not key:
            raise
        return Notification.objects.get(customer=customer, source=row.source)
    record([row], kind="composed", by=by)
    spacing.count_after_commit([row], policy.window)
    _enqueue([row])
    return row


def announce(triggers: Iterable[Trigger | None]) -> int:
    """Write the notifications of these triggers, in the caller's transaction; how many there are.

    What was announced before is not announced again (`ON CONFLICT DO NOTHING`). Takes a
    constant number of queries. Who cannot be reached, or has opted out, gets a suppressed one with
    the reason.
    """
    actual = [each for each in triggers if each]
    if not actual:
        return 0
    with unit_of_work() as unit:
        rows, policy = messages_for(actual)
        if not digest.gather(rows, policy):
            unit.add_many(rows, once=True)
        spacing.count_after_commit(rows, policy.window)
        _enqueue(rows)
    return len(rows)


def _enqueue(rows: Iterable[Notification]) -> None:
    """A hint after the commit, one for each queue: it carries no key of a person."""
    now = clock.now()
    due = [row for row in rows if row.state == "queued" and row.next_attempt_at <= now]
    for channel, provider in {(row.channel, row.provider) for row in due}:
        dispatch.delay_on_commit(channel, provider)


@transaction.atomic
def resend(
    notification: Notification, *, by: str, reason: str, despite_risk: bool = False
) -> Notification:
    """Send again what failed or may never have arrived: staff decide that, with a reason.

    It goes to the customer's present address: a wrong one may be why it failed. That it may have
    arrived is remembered: a second try that is refused proves nothing about the first. Raises
    ValidationError without a reason (`reason`) or when the customer cannot be reached or has opted
    out, TransitionNotAllowedError when it is neither failed nor unknown, and UnsafeActionError when
    they may get it twice unless `despite_risk`.
    """
    locked = Notification.objects.select_for_update(of=("self",), no_key=True).get(
        pk=notification.pk
    )
    Notification.WORKFLOW.check(locked, "queued")
    check_reason(reason, "it is sent again")
    route, _ = route_to(notification.customer, notification.channel)
    if route.obstacle:
        raise ValidationError(route.obstacle)
    risk = cases.twice_risk(locked)
    detail = weigh(risk, despite_risk=despite_risk, reason=reason)
    changes: dict[str, Any] = {
        "recipient": route.recipient,
        "provider": route.provider,
        "provider_reference": "",
        "next_attempt_at": clock.now(),
        "first_attempt_at": None,
        "doubtful": False,
        "may_have_arrived": bool(risk),
        "last_error": "",
        "last_answer": "",
        "sent_at": None,
        "closed_at": None,
    }
    transition(notification, "queued", by=by, kind="resend", detail=detail, **changes)
    cases.keep_in_step([notification], by=by, how="It is sent again.")
    _enqueue([notification])
    return notification
