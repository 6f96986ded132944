"""What the settings must not say: found at the start, not at the first token."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from identity.tokens.reader import trusted_issuers

SHORTEST_IDLE_LIMIT = 60


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


@register(Tags.security)
def check_second_factor_setting(**_: Any) -> list[CheckMessage]:
    """An error for a word that means nothing."""
    if settings.SECOND_FACTOR in ("optional", "required"):
        return []
    hint = "Say optional or required. Anything but optional is read as required."
    word = f"SECOND_FACTOR is {settings.SECOND_FACTOR!r}."
    return [Error(word, hint=hint, id="identity.E004")]


@register(Tags.security)
def check_idle_limit(**_: Any) -> list[CheckMessage]:
    """An error for a limit that ends every session between two clicks."""
    if settings.SESSION_IDLE_LIMIT >= SHORTEST_IDLE_LIMIT:
        return []
    hint = f"Say at least {SHORTEST_IDLE_LIMIT} seconds."
    word = f"SESSION_IDLE_LIMIT is {settings.SESSION_IDLE_LIMIT}: nobody could work."
    return [Error(word, hint=hint, id="identity.E005")]


@register(Tags.security, deploy=True)
def check_password_login(**_: Any) -> list[CheckMessage]:
    """Warnings about what makes guessing passwords easier than it has to be."""
    if not settings.PASSWORD_LOGIN:
        return []
    problems: list[CheckMessage] = []
    if settings.SECOND_FACTOR == "optional":
        hint = "Set SECOND_FACTOR=required, or PASSWORD_LOGIN=off."
        word = "A password alone lets staff in."
        problems.append(Warning(word, hint=hint, id="identity.W001"))
    if settings.SECURE_PROXY_SSL_HEADER and not settings.TRUSTED_PROXIES:
        hint = "Set TRUSTED_PROXIES to the number of your proxies, 1 behind nginx alone."
        word = "Behind a proxy all requests seem to come from its address: guessing locks all out."
        problems.append(Warning(word, hint=hint, id="identity.W002"))
    return problems
