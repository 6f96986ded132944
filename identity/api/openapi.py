"""How the OpenAPI document describes bearer tokens, and the scopes each operation needs."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from core.api import openapi
from identity.tokens.permissions import scopes_needed


class AutoSchema(openapi.AutoSchema):
    """Names the scopes in words: OpenAPI 3.0 has no place for them beside a bearer token.

    The scheme `openIdConnect` has one, but makes the API's page fetch from the issuer.
    """

    def get_description(self) -> str:  # type: ignore[override]  # the stubs say None
        """The operation's description, with the scopes that it needs."""
        scopes = " ".join(scopes_needed(self.view, self.method))
        description = super().get_description() or ""
        if not scopes:
            return description
        to_read = " ".join(scopes_needed(self.view, "GET"))
        if self.method in ("POST", "PUT", "PATCH") and to_read:
            scopes_text = f"Scopes: `{scopes}`; without `{to_read}` the answer is the `id` alone."
        else:
            scopes_text = f"Scopes: `{scopes}`"
        return f"{description}\n\n{scopes_text}".strip()


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library registers it, untyped
    """A bearer token."""

    target_class = "identity.tokens.bearer.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The scheme, as OpenAPI words it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token (RFC 9068) of a trusted issuer.",
        }
