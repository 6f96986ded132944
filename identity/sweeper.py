"""What sign-ins leave behind, and is thrown away."""

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from core.database import clock
from core.failures import steps
from identity import notices
from identity.models import OpenSession
from identity.passwords.attempts import forget_old_attempts


def sweep() -> dict[str, int]:
    """One pass; how many people were told, sessions had ended, and failed sign-ins do not count."""
    return steps(
        "identity",
        {
            "ended sessions deleted": _delete_ended_sessions,
            "browsers of ended sessions forgotten": _forget_browsers,
            "failed sign-ins forgotten": forget_old_attempts,
            "people told of changes to their sign-in": notices.send_due,
        },
    )


def _delete_ended_sessions(limit: int = 10_000) -> int:
    ended = Session.objects.filter(expire_date__lt=clock.now())
    return Session.objects.filter(pk__in=ended.values("pk")[:limit]).delete()[0]


def _forget_browsers() -> int:
    there = Session.objects.filter(pk=OuterRef("session_id"))
    return OpenSession.objects.filter(~Exists(there)).delete()[0]
