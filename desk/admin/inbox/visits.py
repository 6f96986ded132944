"""Who has a case open: put down when its page is opened, and renewed while it stays open."""

from datetime import timedelta
from typing import Any

from django.db import connection

from core.cases.models import Case
from core.database import clock
from desk.models import CaseVisit
from identity.models import User

RENEWED_EVERY = 20  # seconds; the page asks so often
LEFT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(hours=1)


def visit(case: Case, user: User) -> list[CaseVisit]:
    """Put down that this person has it open; the others who do, the first come first."""
    now = clock.now()
    values: dict[str, Any] = {
        "case": case.pk,
        "user": user.pk,
        "now": now,
        "left": now - LEFT_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, values | {"old": now - FORGOTTEN_AFTER})
    others = CaseVisit.objects.filter(case=case, seen_at__gt=now - LEFT_AFTER)
    return list(others.exclude(user=user).select_related("user").order_by("since", "pk"))


_VISIT = """
WITH old AS (
    DELETE FROM desk_casevisit WHERE user_id = %(user)s AND seen_at < %(old)s
       AND case_id <> %(case)s
)
INSERT INTO desk_casevisit AS v (case_id, user_id, since, seen_at)
VALUES (%(case)s, %(user)s, %(now)s, %(now)s)
ON CONFLICT (case_id, user_id) DO UPDATE
SET since = CASE WHEN v.seen_at < %(left)s THEN excluded.since ELSE v.since END,
    seen_at = excluded.seen_at
"""
