"""Who may read and search: the scope of the API, or SMART's for this type and interaction."""

from typing import Any

from rest_framework.request import Request

from identity.rights import smart
from identity.tokens.errors import InsufficientScopeError
from identity.tokens.permissions import HasScope

SCOPE = "clinical:read"


class HasFhirScope(HasScope):
    """`clinical:read`, or `system/Patient.rs` and the like (identity/rights/smart.py)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True for either. Raises InsufficientScopeError."""
        if request.auth is not None and allows(request, view.kind_name, view.letter):
            return True
        return super().has_permission(request, view)


def allows(request: Request, resource_type: str, letter: str) -> bool:
    """Whether the token lets its caller read (`r`) or search (`s`) this type of resource."""
    grant: Any = request.auth
    return SCOPE in grant.scopes or smart.permits(grant.smart, resource_type, letter)


def check_included(request: Request) -> None:
    """Raise InsufficientScopeError for who may not read the patients to be included."""
    if not allows(request, "Patient", smart.READ):
        raise InsufficientScopeError([SCOPE])
