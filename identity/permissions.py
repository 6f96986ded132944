"""What a token may do: every view names its scopes, and a view without any is closed."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from identity.refusals import InsufficientScope


def scopes_needed(view: Any, method: str) -> tuple[str, ...]:
    """The scopes that `method` needs on this view; empty when the view forgot to say."""
    name = "read_scopes" if method in SAFE_METHODS else "write_scopes"
    needed: tuple[str, ...] = getattr(view, name, ())
    return needed


class HasScope(BasePermission):
    """Allows a request whose token carries all scopes that the view names (RFC 6750, 3.1)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True when no scope is missing, False without a token. Raises InsufficientScope.

        Default deny: nobody may what the view names no scope for.
        """
        if request.auth is None:
            return False
        needed = scopes_needed(view, request.method or "")
        granted: frozenset[str] = getattr(request.auth, "scopes", frozenset())
        if needed and granted.issuperset(needed):
            return True
        raise InsufficientScope(needed)
