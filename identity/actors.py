"""Who is at the admin."""

from django.http import HttpRequest


def actor_of(request: HttpRequest) -> str:
    """How event rows name the person at the admin."""
    actor: str = request.user.actor  # type: ignore[union-attr]
    return actor
