"""What services report of messages: delivered, or why not. A final state never moves back."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, Func, OuterRef, TextField, Value
from django.db.models.functions import Lower

from core.database import clock
from core.failures import each, waiting
from core.workflow import TransitionNotAllowedError, transition
from notifications import cases
from notifications.channels import Report, address_key
from notifications.delivery.answers import Answers
from notifications.delivery.invalid_recipients import suppress_recipient
from notifications.models import DeliveryReport, Notification
from notifications.policy.opt_outs import opt_out, spelled
from notifications.task_names import apply_reports

PARKED_FOR = timedelta(days=3)
# What a failure to apply is known by (core/failures.py), before the report's number.
APPLY = "apply the delivery report"


def take_report(channel: str, provider: str, report: Report) -> None:
    """Keep a report, once, and enqueue its application: in one statement.

    What it says of its recipient counts at once. Should this process die in between, the sweeper
    goes on.
    """
    if report.opted_out or report.invalid_recipient:
        with transaction.atomic():
            _keep(provider, report)
            _suppress(channel, provider, report)
    else:
        _keep(provider, report)


def _keep(provider: str, report: Report) -> None:
    given = [provider, report.reference, report.recipient, report.status]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [*given, report.state, report.reason, clock.now()])
        new = cursor.fetchone()
    if new:
        apply_reports.delay_on_commit(*new)


_KEEP = """
INSERT INTO notifications_deliveryreport
       (provider, reference, recipient, status, state, reason, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
RETURNING id
"""


def _suppress(channel: str, provider: str, report: Report) -> None:
    if report.opted_out:
        opt_out(channel, report.recipient, reason=f"{report.status} {report.reason}", by=provider)
    else:
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
    """Apply the reports that nobody has, and whose message has its reference by now; how many.

    A report and the answer that names its message may be recorded at the same instant, neither
    seeing the other.
    """
    parked = DeliveryReport.objects.filter(
        Exists(
            Notification.objects.alias(local=_local_part("recipient"))
            .filter(
                provider=OuterRef("provider"),
                provider_reference=OuterRef("reference"),
                local=_local_part(OuterRef("recipient")),  # its domain has several spellings
            )
            .exclude(provider_reference="")
        ),
        notification=None,
        received_at__gt=clock.now() - PARKED_FOR,
    )
    return each(APPLY, waiting(APPLY, parked, most=limit), apply_report)


def _local_part(address: Any) -> Func:
    """SQL of an address up to its @, in small letters; all of a number."""
    parts = Lower(address), Value("@"), Value(1)
    return Func(*parts, function="split_part", output_field=TextField())


@transaction.atomic
def apply_report(pk: int) -> int:
    """Apply a report to the message it names by reference and recipient; 1, or 0 when it was.

    When there is no such message it stays parked: it may have overtaken the answer that names the
    message. The message is locked first, as by whoever records that answer.
    """
    parked = DeliveryReport.objects.filter(pk=pk, notification=None)
    report = parked.first()
    if report is None:
        return 0
    row = (
        Notification.objects.filter(
            spelled("recipient", report.recipient),
            provider=report.provider,
            provider_reference=report.reference,
        )
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if row is None or not parked.select_for_update().exists():
        return 0
    _apply(report, row)
    return 1


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
