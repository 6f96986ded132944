"""What services report of messages: delivered, or why not. A final state never moves back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from core.database import clock
from core.failures import together, waiting
from core.workflow import TransitionNotAllowedError, transition
from notifications import cases
from notifications.channels import Report, address_key
from notifications.delivery.answers import Answers
from notifications.delivery.invalid_recipients import suppress_recipient
from notifications.models import DeliveryReport, Notification
from notifications.policy.opt_outs import opt_out, spelled

PARKED_FOR = timedelta(days=3)
APPLY = "apply the delivery report"


@transaction.atomic
def take_report(channel: str, provider: str, report: Report) -> None:
    """Keep a report, once, and apply it to the message it names by reference and recipient.

    When there is none it is parked: it may have overtaken the answer that names the message.
    """
    kept, _ = DeliveryReport.objects.get_or_create(
        provider=provider,
        reference=report.reference,
        recipient=report.recipient,
        status=report.status,
        defaults={"state": report.state, "reason": report.reason},
    )
    row = Notification.objects.filter(
        spelled("recipient", report.recipient),
        provider=provider,
        provider_reference=report.reference,
    ).first()
    if row:
        _apply(kept, row)
    if report.opted_out:
        opt_out(channel, report.recipient, reason=f"{report.status} {report.reason}", by=provider)
    elif report.invalid_recipient:
        why = f"{report.status} {report.reason}".strip()
        suppress_recipient(channel, report.recipient, why=why, by=provider)


def apply_overtaking(answers: Answers) -> None:
    """Apply the reports that overtook the answers which name their messages."""
    named = {
        (row.provider, row.provider_reference, address_key(row.recipient)): row
        for row in answers.taken
        if row.provider_reference
    }
    if not named:
        return
    references = [reference for _, reference, _ in named]
    parked = DeliveryReport.objects.filter(notification=None, reference__in=references)
    for report in parked.select_for_update():
        if row := named.get((report.provider, report.reference, address_key(report.recipient))):
            _apply(report, row)


def apply_parked_reports(limit: int = 500) -> int:
    """Apply the parked reports whose message has its reference by now; how many there were.

    A report and the answer that names its message may be recorded at the same instant, neither
    seeing the other.
    """
    message = Notification.objects.filter(
        provider=OuterRef("provider"),
        provider_reference=OuterRef("reference"),
        recipient__iexact=OuterRef("recipient"),
    ).exclude(provider_reference="")
    parked = (
        DeliveryReport.objects.filter(notification=None, received_at__gt=clock.now() - PARKED_FOR)
        .annotate(message_id=Subquery(message.values("pk")[:1]))
        .filter(message_id__isnull=False)
    )
    return together(APPLY, waiting(APPLY, parked, most=limit), partial(_apply_all, parked))


def _apply_all(parked: QuerySet[DeliveryReport], ids: Sequence[int]) -> int:
    locked = parked.filter(pk__in=ids).select_for_update(skip_locked=True, of=("self",))
    reports: list[Any] = list(locked)
    rows = Notification.objects.in_bulk([report.message_id for report in reports])
    for report in reports:
        _apply(report, rows[report.message_id])
    return len(reports)


def _apply(report: DeliveryReport, row: Notification) -> None:
    report.notification = row
    report.save(update_fields=["notification"])
    if not report.state:
        return
    detail = f"{report.status} {report.reason}".strip()
    delivered = report.state == "delivered"
    changes = {"delivered_at": clock.now()} if delivered else {"last_error": detail}
    with suppress(TransitionNotAllowedError):  # a final state stays what it is
        transition(row, report.state, by=report.provider, detail=detail, **changes)
        cases.keep_in_step([row], by=report.provider, how=detail)
