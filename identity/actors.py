"""Who asks: a person at the admin, or a client with a token."""

from django.http import HttpRequest
from rest_framework.request import Request


def actor_of(request: HttpRequest | Request) -> str:
    """How event rows name whoever asks."""
    actor: str = request.user.actor  # type: ignore[union-attr]
    return actor
