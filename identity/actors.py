"""Who asks: a person at the admin, or a client with a token."""

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request


def actor_of(request: HttpRequest | Request) -> str:
    """How event rows name whoever asks."""
    user: Any = request.user
    actor: str = user.actor
    return actor
