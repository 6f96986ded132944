"""Messages to one customer that were written at once, neither counting the other: counted again.

Whoever writes a message counts those that are committed, and waits for nobody: it holds orders and
parcels by then, and others hold them in other sequences. Right after its commit the message is
counted again, in a transaction of its own that holds nothing else. Should a process die in between,
a customer may get one message more that day than staff have set.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from core.database import clock
from notifications.models import Notification
from notifications.policy.send_window import DAY, SendWindow

# Customers share so many locks, however many a mailing writes to in one transaction.
LOCKS = 64


def count_after_commit(rows: Sequence[Notification], window: SendWindow) -> None:
    """Have these rows, which are saved, counted again when they are committed."""
    mine = [row for row in rows if row.state == "queued" and not row.critical]
    if window.per_day and mine:
        keys = [row.pk for row in mine if row.pk]
        # `ON CONFLICT DO NOTHING` returns no keys.
        sources = [row.source for row in mine if not row.pk]
        # Robust: what was written is written, should this wait for somebody for too long.
        transaction.on_commit(lambda: count_again(keys, sources, window), robust=True)


@transaction.atomic
def count_again(keys: Sequence[int], sources: Sequence[str], window: SendWindow) -> None:
    """Put off those of these messages that would be one too many within 24 hours."""
    written = Q(pk__in=keys) | Q(source__in=sources)
    untried = Notification.objects.filter(written, state="queued", attempts=0)
    _take_turns(untried.values_list("customer_id", flat=True).distinct())
    locked = untried.select_for_update(of=("self",), no_key=True, skip_locked=True)
    rows = list(locked.select_related("customer").order_by("id"))
    window.slots = _slots({row.customer_id for row in rows}, [row.pk for row in rows])
    deferred = [row for row in rows if _is_deferred(row, window)]
    Notification.objects.bulk_update(deferred, ["next_attempt_at", "last_error"])


def _is_deferred(row: Notification, window: SendWindow) -> bool:
    slots = window.slots[row.customer_id]
    near = [slot for slot in slots if abs(slot - row.next_attempt_at) < DAY]
    if len(near) < window.per_day:
        slots.append(row.next_attempt_at)
        slots.sort(reverse=True)
        return False
    row.next_attempt_at, row.last_error = window.due(row.customer)
    return True


def _take_turns(customers: Iterable[int]) -> None:
    """Wait for whoever counts the messages of these customers; held until the end."""
    numbers = sorted({pk % LOCKS for pk in customers})
    statement = """
        SELECT pg_advisory_xact_lock(hashtextextended('notifications.policy.spacing ' || n, 0))
        FROM unnest(%s::bigint[]) AS n
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [numbers])


def _slots(customers: set[int], without: Sequence[int]) -> dict[int, list[datetime]]:
    """When each customer's other messages were due, from a day ago on, the latest first."""
    others = Notification.objects.filter(
        customer__in=customers, next_attempt_at__gt=clock.now() - DAY
    ).exclude(Q(state="suppressed") | Q(pk__in=without))
    slots: dict[int, list[datetime]] = defaultdict(list)
    for customer, due in others.order_by("-next_attempt_at").values_list(
        "customer_id", "next_attempt_at"
    ):
        slots[customer].append(due)
    return slots
