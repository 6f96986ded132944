"""What the settings must not say: found at the start, not at the first token."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from identity.tokens import trusted_issuers


@register(Tags.security)
def check_bearer_settings(**_: Any) -> list[CheckMessage]:
    """Errors in the settings that decide whose tokens are taken."""
    errors: list[CheckMessage] = []
    if not settings.OIDC_AUDIENCE:
        errors.append(
            Error("OIDC_AUDIENCE is empty: no token could be for us.", id="identity.E001")
        )
    if settings.OIDC_AUDIENCE == settings.OIDC_CLIENT_ID and not settings.OIDC_STRICT_TOKEN_TYPE:
        errors.append(
            Error(
                "OIDC_AUDIENCE is OIDC_CLIENT_ID, so ID tokens look like access tokens.",
                hint="Give the API an audience of its own, or set OIDC_STRICT_TOKEN_TYPE=true.",
                id="identity.E002",
            )
        )
    for name in trusted_issuers():
        if not (name.startswith("https://") or (settings.DEMO and name.startswith("http://"))):
            hint = "Issuers are https addresses; http is for demos only."
            errors.append(
                Error(f"{name!r} cannot be trusted as an issuer.", hint=hint, id="identity.E003")
            )
    return errors
