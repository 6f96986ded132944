"""Messages to many: who gets one is fixed when it is drafted, and the rows are made in chunks.

Each chunk is one transaction: its messages, the places of those customers taken away, and the
count. So it may be stopped, killed and resumed at any point, and each customer gets one message
(`mailing:7:42` is unique). What is in memory is one chunk.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from core import shutdown
from core.database import clock
from core.failures import each, together, waiting
from core.workflow import transition
from customers.models import Customer
from notifications import task_names
from notifications.channels import channels, preferred
from notifications.composition.builder import fill, new_row
from notifications.content import sms_segments
from notifications.content.fields import check_fields, fields_for
from notifications.content.rendering import check_message, validate_subject
from notifications.content.sensitive_terms import check_sensitive_terms
from notifications.models import (
    DailyCost,
    Mailing,
    MailingRecipient,
    Notification,
    Occasion,
    OptOut,
    Template,
)
from notifications.policy import send_window, spacing
from notifications.policy.channel_selection import choose
from notifications.policy.policy import Policy
from notifications.policy.send_window import SendWindow
from notifications.policy.staff_decisions import TemplateText

CHUNK = 500
MOST = 200_000
STALLED_AFTER = timedelta(seconds=30)
WRITE = "write the mailing"
# Behind it comes the query of the chosen customers, as Django writes it.
_PLACES = """
INSERT INTO notifications_mailingrecipient (mailing_id, customer_id)
SELECT %%s, c.id FROM (%s) c(id) ORDER BY c.id ON CONFLICT DO NOTHING
"""


@transaction.atomic
def draft(customers: QuerySet[Customer], *, by: str) -> Mailing:
    """A mailing to these customers, still without text, in one statement however many they are.

    Raises ValidationError for nobody, and for more than 200,000.
    """
    mailing = Mailing.objects.create(created_by=by)
    chosen, values = customers.order_by().values("pk")[: MOST + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_PLACES % chosen, [mailing.pk, *values])
        mailing.total = cursor.rowcount
    if not 0 < mailing.total <= MOST:
        raise ValidationError(f"Choose between one and {MOST} customers.")
    mailing.save(update_fields=["total"])
    mailing.events.create(kind="drafted", to_state="draft", actor=by)
    return mailing


def check(mailing: Mailing) -> None:
    """Raise ValidationError, by field, for content that could not be sent as it stands."""
    if mailing.template_name:
        templates = Template.objects.filter(occasion=Occasion.MAILING, name=mailing.template_name)
        if not templates.exists():
            text = "There is no template “message to many” of this name. Write it first."
            raise ValidationError({"template_name": text})
        if mailing.message or mailing.subject:
            raise ValidationError({"message": "Name a template or write a text, not both."})
        return
    known = fields_for(Occasion.MAILING, mailing.channel)
    for name, rule in (("subject", validate_subject), ("message", check_message)):
        try:
            rule(getattr(mailing, name))
            check_fields(getattr(mailing, name), known)
        except ValidationError as error:
            raise ValidationError({name: error}) from error
    check_sensitive_terms(mailing.channel, mailing.message, mailing.subject)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a mailing would come to. `cost`: by what messages have cost lately; None: not known."""

    total: int
    reachable: int
    opted_out: int
    segments: str
    cost: str
    sample: Notification


def forecast(mailing: Mailing) -> Forecast:
    """How many it reaches and what that costs, counted in one statement, and the first message."""
    places = MailingRecipient.objects.filter(mailing=mailing)
    names = [mailing.channel] if mailing.channel else [n for n in channels() if preferred(n)]
    has, out = _reach([name for name in names if channels()[name].column])
    reachable = places.filter(has, ~out).count() if has else places.count()
    opted_out = places.filter(out).count() if has else 0
    [sample], _ = _messages(mailing, [place.customer for place in _next(places, 1)])
    takes = str(sms_segments.count(sample.message)) if sample.channel == "sms" else ""
    segments = sms_segments.segments_of(sample.channel, sample.message)
    cost = DailyCost.objects.likely(sample.channel, reachable, segments)
    return Forecast(mailing.total, reachable, opted_out, takes, cost, sample)


def _reach(names: list[str]) -> tuple[Q, Q]:
    """Who has an address, and who has opted out of all they have."""
    has, free = Q(), Q(pk__in=[])
    for name in names:
        column = f"customer__{channels()[name].column}"
        address = Lower(OuterRef(column)) if name == "email" else OuterRef(column)
        refused = OptOut.objects.filter(channel=name, recipient=address)
        has |= ~Q(**{column: ""})
        free |= ~Q(**{column: ""}) & ~Q(Exists(refused))
    return has, has & ~free


@transaction.atomic
def start(mailing: Mailing, *, confirmed_count: int, confirmed_hash: str, by: str) -> Mailing:
    """Let it be written. Whoever starts it types how many it goes to, and saw that content.

    Raises ValidationError for another number, for content that was changed meanwhile or could not
    be sent, and TransitionNotAllowedError when it has been started before.
    """
    mailing = Mailing.objects.select_for_update(no_key=True).get(pk=mailing.pk)
    if confirmed_hash != content_hash(mailing):
        raise ValidationError("Its words were changed since you looked. Look at them again.")
    if confirmed_count != mailing.total:
        raise ValidationError({"count": f"It goes to {mailing.total}. Type that number."})
    check(mailing)
    return _run(mailing, by)


def content_hash(mailing: Mailing) -> str:
    """A hash of its content, its own text or its template's: another text has another hash."""
    content: list[object] = [mailing.channel, mailing.subject, mailing.message]
    if name := mailing.template_name:
        texts = Template.objects.filter(name=name).order_by("pk")
        content += texts.values_list("pk", "subject", "body", "html")
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@transaction.atomic
def stop(mailing: Mailing, *, by: str) -> Mailing:
    """Make no more of its messages; those that are made go out."""
    transition(mailing, "stopped", by=by)
    return mailing


@transaction.atomic
def resume(mailing: Mailing, *, by: str) -> Mailing:
    """Make the rest of its messages. Raises TransitionNotAllowedError when it was not stopped."""
    return _run(mailing, by)


@transaction.atomic
def cancel(mailing: Mailing, *, by: str) -> Mailing:
    """Make none of the messages that are not made yet."""
    transition(mailing, "cancelled", by=by, finished_at=clock.now())
    mailing.recipients.all().delete()
    return mailing


def _run(mailing: Mailing, by: str) -> Mailing:
    transition(mailing, "running", by=by, worked_at=clock.now())
    task_names.write_mailing.delay_on_commit(mailing.pk)
    return mailing


def write(pk: int, *, seconds: float = 60.0) -> int:
    """Make the messages of a running mailing, chunk by chunk; how many. Asks for the rest to be
    done by another task when the time is over, or when we are asked to stop."""
    made, end = 0, time.monotonic() + seconds
    while chunk := write_chunk(pk):
        made += chunk
        if time.monotonic() > end or shutdown.is_requested():
            task_names.write_mailing.enqueue(pk)
            break
    return made


@transaction.atomic
def write_chunk(pk: int) -> int:
    """Make the next messages, in one transaction; 0 when it is done, stopped or worked on.

    Somebody for whom that raises keeps the place, and is tried again later.
    """
    running = Mailing.objects.filter(pk=pk, state="running")
    mailing = running.select_for_update(skip_locked=True, no_key=True).first()
    if mailing is None:
        return 0
    work = f"mailing {pk}: write to the recipient in place"
    places = waiting(work, mailing.recipients.order_by("id"), most=CHUNK)
    if not places and not mailing.recipients.exists():
        transition(mailing, "done", by="system", finished_at=clock.now())
        return 0
    return together(work, places, partial(_write, mailing))


def _write(mailing: Mailing, ids: Sequence[int]) -> int:
    """Make the messages of these places, and take the places away."""
    places = list(_next(MailingRecipient.objects.filter(pk__in=ids), CHUNK))
    rows, window = _messages(mailing, [place.customer for place in places])
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    spacing.count_after_commit(rows, window)
    MailingRecipient.objects.filter(pk__in=ids).delete()
    Mailing.objects.filter(pk=mailing.pk).update(
        written=F("written") + len(rows),
        suppressed=F("suppressed") + sum(row.state == "suppressed" for row in rows),
        worked_at=clock.now(),
    )
    for channel, provider in {(row.channel, row.provider) for row in rows if row.provider}:
        task_names.dispatch.delay_on_commit(channel, provider)
    return len(rows)


def resume_stalled() -> int:
    """Resume the mailings whose worker died; how many messages were made here."""
    since = clock.now() - STALLED_AFTER
    stalled = Mailing.objects.filter(state="running", worked_at__lt=since)
    keys = waiting(WRITE, stalled)
    return each(WRITE, [pk for pk in keys if not task_names.write_mailing.enqueue(pk)], write_chunk)


def _next(places: QuerySet[MailingRecipient], count: int) -> QuerySet[MailingRecipient]:
    return places.select_related("customer").order_by("id")[:count]


def _messages(mailing: Mailing, customers: list[Customer]) -> tuple[list[Notification], SendWindow]:
    """The messages to these customers, not yet saved; and the limits they keep."""
    policy = Policy(customers)
    own = TemplateText(mailing.subject, mailing.message)
    rows = []
    for customer in customers:
        every = policy.routes_to(customer)
        wanted = [mailing.channel] if mailing.channel else [customer.channel]
        # Staff who name a channel mean that one: nobody gets it by another.
        open_routes = {mailing.channel: every[mailing.channel]} if mailing.channel else every
        row = new_row(customer, policy.unless_refused(choose(open_routes, wanted)))
        row.source = f"mailing:{mailing.pk}:{customer.pk}"
        text = own
        if name := mailing.template_name:
            written = policy.text_for(Occasion.MAILING, row.channel, customer.language, name)
            text = written or TemplateText("", "")
            if written is None and row.state == "queued":
                row.state, row.last_error = "suppressed", "The template has no words by this way."
        fill(row, text, {"user_name": customer.name})
        send_window.apply(row, policy.window)
        rows.append(row)
    return rows, policy.window
