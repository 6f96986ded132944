"""How the OpenAPI document describes bearer tokens, and the scopes each operation needs."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from identity.permissions import scopes_needed


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A pasted bearer token, or the issuer itself; OpenAPI 3.0 lists scopes for the latter only."""

    target_class = "identity.bearer.BearerAuthentication"
    name = ["bearer", "issuer"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """The two ways, in the order of their names."""
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token (RFC 9068) of a trusted issuer.",
            },
            {
                "type": "openIdConnect",
                "openIdConnectUrl": (
                    f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"
                ),
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Either way, with the scopes of this operation."""
        needed = scopes_needed(auto_schema.view, auto_schema.method)
        return [{"bearer": []}, {"issuer": list(needed)}]
