"""What is let go after a time, each night: in chunks, and on record."""

import logging
from datetime import timedelta
from functools import partial

from django.conf import settings

from core import shutdown
from core.database import clock
from core.failures import steps
from desk.models import RetentionRun
from desk.personal_data.catalogue import RETENTIONS
from desk.personal_data.parts import Retention

logger = logging.getLogger(__name__)
CHUNK = 2_000


def run() -> dict[str, int]:
    """Let go what is older than its setting says (days; 0 keeps it for ever); how much of each.

    Raises StepsFailedError, after the others were done, for one that raised.
    """
    days = {each: getattr(settings, each.setting) for each in RETENTIONS}
    return steps("retention", {r.name: partial(_expire, r, n) for r, n in days.items() if n})


def _expire(retention: Retention, days: int) -> int:
    before, rows, chunk = clock.now() - timedelta(days=days), 0, CHUNK
    while chunk == CHUNK and not shutdown.is_requested():
        chunk = retention.expire(before, CHUNK)
        rows += chunk
    if rows and not retention.notes_itself:
        RetentionRun.objects.create(what=retention.name, rows=rows)
    logger.info("retention: %s, %s rows of before %s", retention.name, rows, before.date())
    return rows
