"""Production settings: nothing falls back to a demo, and what is missing or cannot be right is
named at the start."""

import os

from django.core.exceptions import ImproperlyConfigured

from config.settings import environment

environment.load()

REQUIRED = (
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "BLIND_INDEX_KEY",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "REDIS_URL",
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_AUDIENCE",
    "REFERENCE_PROVIDER_URL",
    "REFERENCE_PROVIDER_SECRET",
)
REQUIRED_BY_TRANSPORT = {
    "SMS_PROVIDER": {
        "africastalking": (
            "AFRICAS_TALKING_USERNAME",
            "AFRICAS_TALKING_API_KEY",
            "AFRICAS_TALKING_BASE_URL",
            "AFRICAS_TALKING_CALLBACK_TOKEN",
        ),
        "gateway": ("SMS_GATEWAY_URL", "SMS_GATEWAY_TOKEN"),
    },
    "EMAIL_PROVIDER": {
        "gateway": ("EMAIL_GATEWAY_URL", "EMAIL_GATEWAY_TOKEN"),
        "smtp": ("EMAIL_URL",),
    },
}


def _missing() -> list[str]:
    needed = list(REQUIRED)
    for choice, transports in REQUIRED_BY_TRANSPORT.items():
        needed.append(choice)
        for name in os.environ.get(choice, "").split(","):
            needed.extend(transports.get(name.strip(), ()))
    if not os.environ.get("ATTACHMENTS_BUCKET"):  # any other folder may go with its container
        needed.append("ATTACHMENTS_FOLDER")
    return [name for name in needed if not os.environ.get(name)]


if _missing():
    raise ImproperlyConfigured(
        f"Production settings need these environment variables: {', '.join(_missing())}."
    )
if _refused := list(environment.problems(os.environ)):
    raise ImproperlyConfigured(f"Production settings refuse: {' '.join(_refused)}")

os.environ["DOSETTE_DEMO"] = "false"
os.environ.setdefault("LOG_FORMAT", "json")

from .base import *
from .base import BASE_DIR
from .base import STORAGES as _STORAGES

DEBUG = False
DATABASE_REFUSES_SUPERUSER = True
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = False
STORAGES = _STORAGES | {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]  # asked past the proxy
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
