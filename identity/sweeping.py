"""What sign-ins leave behind, and is thrown away."""

from django.contrib.sessions.models import Session

from core import clock
from core.failures import steps
from identity.passwords.attempts import forget_old_attempts


def sweep() -> dict[str, int]:
    """One pass; how many sessions had ended, and how many failed sign-ins no longer count."""
    return steps(
        "identity",
        {
            "ended sessions deleted": _delete_ended_sessions,
            "failed sign-ins forgotten": forget_old_attempts,
        },
    )


def _delete_ended_sessions(limit: int = 10_000) -> int:
    ended = Session.objects.filter(expire_date__lt=clock.now())
    return Session.objects.filter(pk__in=ended.values("pk")[:limit]).delete()[0]
