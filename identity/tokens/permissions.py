"""What a token may do: every view names its scopes, and a view without any is closed."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from identity.tokens.errors import InsufficientScopeError


def scopes_needed(view: Any, method: str) -> tuple[str, ...]:
    """The scopes that `method` needs on this view; empty when the view forgot to say."""
    name = "read_scopes" if method in SAFE_METHODS else "write_scopes"
    needed: tuple[str, ...] = getattr(view, name, ())
    if method == "DELETE":
        needed = getattr(view, "delete_scopes", needed)
    return needed


def may_read(request: Request, view: Any) -> bool:
    """Whether this caller may see what the view shows: not everybody who may write may."""
    needed = scopes_needed(view, "GET")
    return bool(needed) and _granted(request).issuperset(needed)


def _granted(request: Request) -> frozenset[str]:
    scopes: frozenset[str] = getattr(request.auth, "scopes", frozenset())
    return scopes


class HasScope(BasePermission):
    """Allows a request whose token carries all scopes that the view names (RFC 6750, 3.1)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True when no scope is missing, False without a token. Raises InsufficientScopeError.

        Default deny: without a scope named by the view nobody has access.
        """
        if request.auth is None:
            return False
        needed = scopes_needed(view, request.method or "")
        if needed and _granted(request).issuperset(needed):
            return True
        raise InsufficientScopeError(needed)
