"""What the sandbox is told: addresses, secrets, and how its world behaves."""
# ruff: noqa: S105 - the defaults are for tests; none of them opens anything real

import base64
import binascii
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRETS = (
    "reference_provider_secret",
    "africas_talking_username",
    "africas_talking_api_key",
    "africas_talking_sender_id",
    "africas_talking_callback_token",
    "sms_gateway_token",
    "email_gateway_token",
    "postmark_server_token",
    "email_webhook_secret",
    "oidc_audience",
    "oidc_client_id",
    "oidc_client_secret",
    "demo_client_secret",
)
# Taken from the environment where it has them.
CARRIER_SECRETS = (
    "northpost_login",
    "northpost_hook_secret",
    "swiftparcel_api_key",
    "swiftparcel_secret",
    "reference_laboratory_secret",
)


class ConfigurationError(Exception):
    """The sandbox cannot start; the text is the sentence to show."""


@dataclass
class Config:
    """Settings of one sandbox. Those that steer its behaviour may be changed while it runs.

    The secrets' defaults are for tests; ``python -m sandbox`` takes them from the environment.
    """

    port: int = 8001
    web_url: str = "http://127.0.0.1:8000"
    var: Path = Path("var")

    reference_provider_secret: str = "whsec_c2FuZGJveC1yZWZlcmVuY2UtcHJvdmlkZXItdGVzdA=="
    northpost_login: str = "dosette:test-northpost-password"
    northpost_hook_secret: str = "test-northpost-hook-secret"
    swiftparcel_api_key: str = "test-swiftparcel-key"
    swiftparcel_secret: str = "whsec_c2FuZGJveC1zd2lmdHBhcmNlbC10ZXN0LXNlY3JldCE="
    reference_laboratory_secret: str = "whsec_c2FuZGJveC1sYWJvcmF0b3J5LXRlc3Qtc2VjcmV0IQ=="
    africas_talking_username: str = "sandbox"
    africas_talking_api_key: str = "test-africas-talking-key"
    africas_talking_sender_id: str = "DOSETTE"
    africas_talking_balance: str = "KES 1785.5000"
    africas_talking_callback_token: str = "test-callback-token"
    sms_gateway_token: str = "test-sms-token"
    email_gateway_token: str = "test-email-token"
    postmark_server_token: str = "test-postmark-token"
    email_webhook_secret: str = "postmark:test-email-webhook"
    oidc_audience: str = "dosette"
    oidc_client_id: str = "dosette-admin"
    oidc_client_secret: str = "test-admin-secret"
    demo_client_secret: str = "test-demo-secret"

    events: bool = True  # post shipping events
    reports: bool = True  # post delivery reports
    event_pause: float = 2.0  # seconds before each event and report
    retry_pause: float = 0.5  # seconds before the first repeat of a failed post, then doubled
    post_tries: int = 6
    posts_at_once: int = 16
    failing_share: float = 0.0  # of parcels: failed-to-deliver once, delivered on the second try
    provider_zone: str = "Europe/London"
    northpost_zone: str = "Europe/Berlin"
    keep: int = 200_000  # ledger entries a list, and parcels the provider remembers
    seed: int | None = None  # a number makes every identifier the same from run to run

    @property
    def base_url(self) -> str:
        """Where the sandbox is to be reached, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> str:
        """The OpenID issuer, exactly as its tokens name it."""
        return f"{self.base_url}/oidc"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **settings: Any) -> "Config":
        """A config with every secret read from ``environ``; raises ConfigurationError."""
        missing = [name.upper() for name in SECRETS if not environ.get(name.upper())]
        if missing:
            raise ConfigurationError(
                "The sandbox cannot start: these environment variables are not set: "
                f"{', '.join(missing)}."
            )
        known = [name for name in CARRIER_SECRETS if environ.get(name.upper())]
        settings.update({name: environ[name.upper()] for name in (*SECRETS, *known)})
        config = cls(**settings)
        # Dosette may know several, while they rotate: the first one is that which it sends.
        config.reference_provider_secret = config.reference_provider_secret.split(",")[0].strip()
        if config.reference_provider_secret.startswith("whsec_"):
            check_signing_secret(config.reference_provider_secret)
        check_signing_secret(config.swiftparcel_secret, "SWIFTPARCEL_SECRET")
        check_signing_secret(config.reference_laboratory_secret, "REFERENCE_LABORATORY_SECRET")
        if config.provider_zone not in zoneinfo.available_timezones():
            raise ConfigurationError(f"There is no time zone {config.provider_zone!r}.")
        return config


def check_signing_secret(secret: str, name: str = "REFERENCE_PROVIDER_SECRET") -> None:
    """Raises ConfigurationError unless it is ``whsec_`` and base64 of 24 to 64 bytes.

    That form is Standard Webhooks' own.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ConfigurationError(
            f"The sandbox cannot start: {name} must be 'whsec_' "
            "followed by the base64 of 24 to 64 bytes."
        )
