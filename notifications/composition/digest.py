"""One message for several parcels that move at once.

The first message goes out at once. One about another parcel within the time that staff set waits
for its end, and whatever else moves until then joins it, the digest: each status keeps its own row,
which names its digest. Rows alone hold all this: nothing is lost when a process dies, and nothing
is sent twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from core.database import clock
from notifications.composition import builder
from notifications.content.rendering import cut, render
from notifications.models import Notification, Occasion
from notifications.policy.policy import Policy
from notifications.policy.staff_decisions import TemplateText
from notifications.policy.triggers import occasion_of_source

MOST_IN_ONE = 20
WAITS = "Waits for news of more parcels, to tell them together."
JOINED = "Told together with others, in another message."
PLAIN = TemplateText("", "Hi {user_name}, news of {count} parcels. {parcels}")

Group = tuple[int, str, str]  # customer, channel, address
Pair = tuple[Notification, Notification]  # a row, and its digest


def gather(rows: Sequence[Notification], policy: Policy) -> bool:
    """Save the rows, those of parcels joined where they can be; False when there is nothing to do.

    Joined rows are suppressed, with the reason and their digest.
    """
    minutes = policy.window.digest_minutes
    groups = _groups(rows) if minutes else {}
    if not groups:
        return False
    known, span = set(_known(rows)), timedelta(minutes=minutes)
    recent = _recent(groups, span)
    joined: list[Pair] = []
    for group, head in _waiting(groups):
        fresh = [row for row in groups[group] if row.source not in known]
        joined += _join(fresh, head, recent.get(group, []), span)
    _save(rows, joined)
    _rewrite([head for _, head in joined], policy)
    return True


def _join(
    rows: Sequence[Notification],
    head: Notification | None,
    recent: Sequence[Notification],
    span: timedelta,
) -> list[Pair]:
    """Each row with its digest; those that are sent alone are left out."""
    joined: list[Pair] = []
    room = MOST_IN_ONE - 1 - head.digest_items.count() if head else 0
    for row in rows:
        if head is None or room <= 0:
            head, room = row, MOST_IN_ONE - 1
            _lead(row, recent, span)
        else:
            joined.append((row, head))
            room -= 1
    return joined


def _groups(rows: Iterable[Notification]) -> dict[Group, list[Notification]]:
    """The rows that may share a digest, by customer, channel and address."""
    groups: defaultdict[Group, list[Notification]] = defaultdict(list)
    for row in rows:
        if row.shipment_id and row.state == "queued" and not row.critical:
            groups[_group(row)].append(row)
    return groups


def _group(row: Notification) -> Group:
    return row.customer_id, row.channel, row.recipient


def _known(rows: Iterable[Notification]) -> Iterable[str]:
    sources = [row.source for row in rows]
    return Notification.objects.filter(source__in=sources).values_list("source", flat=True)


def _of(groups: Iterable[Group]) -> Q:
    return Q(customer__in={customer for customer, _, _ in groups}) & Q(digest=None)


def _waiting(
    groups: dict[Group, list[Notification]],
) -> list[tuple[Group, Notification | None]]:
    """Each group with the message about parcels that still waits, locked: nobody sends it now."""
    waiting = Notification.objects.filter(
        _of(groups),
        state="queued",
        attempts=0,
        critical=False,
        shipment__isnull=False,
        next_attempt_at__gt=clock.now(),
    )
    locked = waiting.order_by("id").select_for_update(of=("self",), no_key=True)
    heads = {_group(row): row for row in locked.select_related("customer")}
    return [(group, heads.get(group)) for group in groups]


def _recent(groups: Iterable[Group], span: timedelta) -> dict[Group, list[Notification]]:
    """The messages about parcels that they got a moment ago."""
    rows = Notification.objects.filter(
        _of(groups), shipment__isnull=False, created_at__gt=clock.now() - span
    ).exclude(state="suppressed")
    recent: defaultdict[Group, list[Notification]] = defaultdict(list)
    for row in rows:
        recent[_group(row)].append(row)
    return recent


def _lead(row: Notification, recent: Sequence[Notification], span: timedelta) -> None:
    """Let it wait when they were notified of another parcel a moment ago."""
    others = [each.created_at for each in recent if each.shipment_id != row.shipment_id]
    due: datetime | None = max(others, default=None)
    if due and due + span > row.next_attempt_at:
        row.next_attempt_at, row.last_error = due + span, WAITS


def _save(rows: Sequence[Notification], joined: Sequence[Pair]) -> None:
    members = {id(row) for row, _ in joined}
    alone = [row for row in rows if id(row) not in members]
    Notification.objects.bulk_create(alone, ignore_conflicts=True)
    _learn_keys([head for _, head in joined])
    for row, head in joined:
        row.state, row.last_error, row.digest = "suppressed", JOINED, head
    Notification.objects.bulk_create([row for row, _ in joined], ignore_conflicts=True)


def _learn_keys(heads: Iterable[Notification]) -> None:
    """The keys of rows that were just written: `ON CONFLICT DO NOTHING` returns none."""
    fresh = {row.source: row for row in heads if row.pk is None}
    keys = Notification.objects.filter(source__in=fresh).values_list("source", "pk")
    for source, pk in keys if fresh else ():
        fresh[source].pk = pk


def _rewrite(heads: Iterable[Notification], policy: Policy) -> None:
    """Put into each digest all its items by now."""
    for head in {row.pk: row for row in heads}.values():
        rows = [head, *head.digest_items.select_related("shipment").order_by("id")]
        customer = head.customer
        text = policy.text_for(Occasion.DIGEST, head.channel, customer.language) or PLAIN
        values = {
            "user_name": customer.name,
            "count": str(len({row.shipment_id for row in rows})),
            "parcels": "; ".join(_summary(row, policy) for row in rows),
        }
        builder.fill(head, text, values)
        head.save(update_fields=["message", "subject", "html", "template_version"])


def _summary(row: Notification, policy: Policy) -> str:
    """One parcel's item: the subject of its own e-mail, in their language."""
    occasion = occasion_of_source(row.source)
    text = policy.text_for(occasion, "email", row.customer.language)
    shipment = row.shipment
    if text is None or not text.subject or shipment is None:
        return f"{shipment and shipment.reference}: {Occasion(occasion).label}"
    return cut(render(text.subject, {"reference": shipment.reference}), 90)
