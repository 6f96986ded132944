"""Settings of every environment; without any environment, a complete one on this machine.

Values come from the environment (docs/operations.md lists it). What it does not name falls back
to the embedded database, the demo secrets in `var/` and the sandbox on loopback. The production
settings refuse such fallbacks.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.templatetags.static import static

from config.settings import connections, environment
from desk.navigation import SIDEBAR, account_links

environment.load()
BASE_DIR = environment.BASE_DIR
env = environ.Env()
VAR_DIR = Path(env.str("DOSETTE_VAR", str(BASE_DIR / "var")))

PORT = env.int("PORT", 8000)
SANDBOX_URL = env.str("SANDBOX_URL", f"http://127.0.0.1:{PORT + 1}")
DEMO = env.bool("DOSETTE_DEMO", True)


def _made_here() -> dict[str, str]:
    from devserver.secrets import demo_secrets  # devserver is on developers' machines only

    return demo_secrets(VAR_DIR)


def _database_url() -> str:
    """What the environment says, or else the embedded server of this clone."""
    if url := env.str("DATABASE_URL", ""):
        return str(url)
    from devserver.secrets import embedded_database_url

    return embedded_database_url(VAR_DIR)


_demo = _made_here() if DEMO else {}


def secret(name: str) -> str:
    """The secret from the environment, or this clone's demo one."""
    return str(env.str(name, _demo.get(name, "")))


DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret("SECRET_KEY")
# Earlier keys: what they encrypted or signed is still read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "desk.apps.DeskConfig",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "desk.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "phonenumber_field",
    "axes",
    "core",
    "identity",
    "customers",
    "orders",
    "clinical",
    "shipping",
    "notifications",
]

MIDDLEWARE = [
    "core.web.middleware.RequestLogMiddleware",
    "core.web.middleware.MeasureMiddleware",
    "core.web.middleware.PermanentRedirectMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.web.middleware.ContentSecurityPolicyMiddleware",
    "core.web.middleware.NoStoreMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "identity.api.throttles.ThrottleMiddleware",
    "core.web.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.web.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "identity.sessions.open_sessions.keep_open_sessions",
    "identity.sign_in.middleware.RenewSession",
    "identity.sign_in.fresh.require_fresh_sign_in",
    "identity.passwords.middleware.require_second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "core.admin.form_tokens.DrawnFormMiddleware",  # last: it runs the view, in a transaction
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            # In place of Django's `csrf_token`: forms of the admin act once
            # (core/admin/form_tokens.py).
            "builtins": ["core.templatetags.form_tokens"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": environ.Env.db_url_config(_database_url())
    | {
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        # Nothing lives in a session: a pooler may stand between (docs/operations.md).
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DATABASES["default"]["OPTIONS"] = connections.postgresql(
    DATABASES["default"].get("OPTIONS", {}),
    sys.argv,
    pooled=env.bool("DATABASE_POOLED", False),
    more=os.environ.get("PGOPTIONS", ""),
)
# Kept apart, so that they may hold any character and come from a file. The owner's is there for
# migrations alone.
DATABASES["default"]["PASSWORD"] = DATABASES["default"].get("PASSWORD") or env.str(
    "POSTGRES_OWNER_PASSWORD", env.str("POSTGRES_PASSWORD", "")
)
# The role that `migrate` gives the application's rights to (core/database/append_only.py); empty:
# to nobody.
DATABASE_APPLICATION_ROLE = env.str("DATABASE_APPLICATION_ROLE", "")
DATABASE_REFUSES_SUPERUSER = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.with_password(env.str("REDIS_URL", ""), env.str("REDIS_PASSWORD", ""))
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": connections.REDIS | {"serializer": "core.values.cache_json.JsonSerializer"},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

AUTH_USER_MODEL = "identity.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", "Europe/London")
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
# Whose clock decides (core/database/clock.py); `process` is for tests, which freeze time.
CLOCK = "database"
# How far apart from it a process's own may be: one that is further off does not sweep.
CLOCK_LIMIT = timedelta(seconds=env.int("CLOCK_LIMIT", 30))

STATIC_URL = "static/"
STATIC_ROOT: Path | None = None  # files come from the apps; collected in production alone
WHITENOISE_USE_FINDERS = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
PHONENUMBER_DEFAULT_REGION = env.str("PHONENUMBER_DEFAULT_REGION", "GB")
PHONENUMBER_DB_FORMAT = "E164"
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", "GBP")

# --- The API -------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["identity.tokens.bearer.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["identity.tokens.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["identity.api.throttles.ClientThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["identity.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "core.api.pagination.OrderingFilter",
        "rest_framework.filters.SearchFilter",
    ],
    "DEFAULT_SCHEMA_CLASS": "identity.api.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.errors.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "core.api.errors.ExceptionHandler",
    "EXCEPTION_FORMATTER_CLASS": "core.api.errors.ExceptionFormatter",
    "ALLOWED_ERROR_STATUS_CODES": [
        "400",
        "401",
        "403",
        "404",
        "405",
        "406",
        "409",
        "413",
        "415",
        "422",
        "429",
        "503",
    ],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dosette",
    "DESCRIPTION": "Customers, orders, shipments, studies and notifications of a health company.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "notifications.channels.channel_choices",
        "OrderStatusEnum": "orders.states.OrderState",
    },
}

# How many proxies of ours stand in front: the address of a request is taken from their
# X-Forwarded-For (identity/access_log/records.py).
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

# How much of the API a known client may ask, and an address while nobody is known there
# (identity/api/throttles.py); empty means as much as it likes.
RATE_CLIENT = env.str("RATE_CLIENT", "30000/m")
RATE_ADDRESS = env.str("RATE_ADDRESS", "600/m")
# How often an address may try to sign in.
RATE_SIGN_IN = env.str("RATE_SIGN_IN", "30/m")

# --- Who may come in -----------------------------------------------------------------------
OIDC_ISSUER = env.str("OIDC_ISSUER", f"{SANDBOX_URL}/oidc")
# More issuers whose access tokens the API takes; staff sign in at OIDC_ISSUER only.
OIDC_TRUSTED_ISSUERS = env.list("OIDC_TRUSTED_ISSUERS", default=[])
OIDC_AUDIENCE = env.str("OIDC_AUDIENCE", "dosette")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "dosette-admin")
OIDC_CLIENT_SECRET = secret("OIDC_CLIENT_SECRET")
# RFC 9068 wants "at+jwt"; many issuers write "JWT". True refuses anything but "at+jwt".
OIDC_STRICT_TOKEN_TYPE = env.bool("OIDC_STRICT_TOKEN_TYPE", False)
# Whether people may come to the API through a program that is not among the API clients.
OIDC_UNKNOWN_PROGRAMS = env.bool("OIDC_UNKNOWN_PROGRAMS", False)
# Staff sign-in. The issuer's groups that stand for a role (`group=role,…`; default: a group of the
# role's name), and the group that everybody of the staff is in (default: any group with a role).
OIDC_ROLES = env.dict("OIDC_ROLES", default={})
OIDC_STAFF_GROUP = env.str("OIDC_STAFF_GROUP", "")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", "groups")
OIDC_SCOPES = env.str("OIDC_SCOPES", "openid profile email groups")
OIDC_RENEW_AFTER = env.int("OIDC_RENEW_AFTER", 900)
# Sign-in with a password kept here (identity/passwords). Off: no form, no backend, no post.
PASSWORD_LOGIN = env.bool("PASSWORD_LOGIN", True)
# `optional`, or `required`: who signs in with a password needs an authenticator app, too.
SECOND_FACTOR = env.str("SECOND_FACTOR", "optional")
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    *(["django.contrib.auth.backends.ModelBackend"] if PASSWORD_LOGIN else []),
    "identity.sign_in.backend.StaffSignIn",
]
# How long the password of a person of the issuer lets in after the issuer last vouched for them.
PASSWORD_LAPSES_AFTER = timedelta(days=env.int("PASSWORD_LAPSES_AFTER", 7))
SESSION_COOKIE_AGE = 12 * 3600
# Seconds after which a session that began with a password ends when nobody uses it.
SESSION_IDLE_LIMIT = env.int("SESSION_IDLE_LIMIT", 7200)
SESSION_ENGINE = "identity.sessions.store"
AXES_HANDLER = "identity.passwords.attempts.Attempts"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # ours is in identity/admin
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "identity.passwords.attempts.place_of"
AXES_USERNAME_CALLABLE = "identity.passwords.attempts.name_of"
AXES_WHITELIST_CALLABLE = "identity.passwords.attempts.has_no_name"
AXES_LOCKOUT_CALLABLE = "identity.passwords.views.locked_out"
# Unfold evaluates expressions and sets styles in its pages; less than this breaks it. Signing out
# posts a form whose answer leads to the issuer.
_issuer = urlsplit(OIDC_ISSUER)
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        f"form-action 'self' {_issuer.scheme}://{_issuer.netloc}",
        "frame-ancestors 'none'",
    )
)
DEMO_CLIENT_SECRET = secret("DEMO_CLIENT_SECRET")
DEMO_PASSWORD = secret("DEMO_PASSWORD")

# --- Shipping ------------------------------------------------------------------------------
SHIPPING_PROVIDER = env.str("SHIPPING_PROVIDER", "reference")
REFERENCE_PROVIDER_URL = env.str("REFERENCE_PROVIDER_URL", f"{SANDBOX_URL}/provider/shipments")
REFERENCE_PROVIDER_SECRET = secret("REFERENCE_PROVIDER_SECRET")
REFERENCE_PROVIDER_TIME_ZONE = env.str("REFERENCE_PROVIDER_TIME_ZONE", "Europe/London")
# The other providers: each is there once its settings are.
NORTHPOST_URL = env.str("NORTHPOST_URL", f"{SANDBOX_URL}/northpost" if DEMO else "")
NORTHPOST_LOGIN = secret("NORTHPOST_LOGIN")
NORTHPOST_HOOK_SECRET = secret("NORTHPOST_HOOK_SECRET")
NORTHPOST_TIME_ZONE = env.str("NORTHPOST_TIME_ZONE", "Europe/Berlin")
SWIFTPARCEL_URL = env.str("SWIFTPARCEL_URL", f"{SANDBOX_URL}/swiftparcel" if DEMO else "")
SWIFTPARCEL_API_KEY = secret("SWIFTPARCEL_API_KEY")
SWIFTPARCEL_SECRET = secret("SWIFTPARCEL_SECRET")
# Hosts on which staff may say that a provider is (ProviderProfile); `.example.com` means all below.
PROVIDER_HOSTS = env.list("PROVIDER_HOSTS", default=[])
# Webhooks a minute: of a provider, and of one address, whoever it says it is.
WEBHOOK_RATE = env.int("WEBHOOK_RATE", 60_000)
WEBHOOK_RATE_PER_ADDRESS = env.int("WEBHOOK_RATE_PER_ADDRESS", 60_000)

# --- Notifications -------------------------------------------------------------------------
SMS_PROVIDER = env.list("SMS_PROVIDER", default=["africastalking"])
EMAIL_PROVIDER = env.list("EMAIL_PROVIDER", default=["gateway"])
# Web Push: our own key (RFC 8292), 32 bytes in base64url, and whom a push service writes to.
VAPID_PRIVATE_KEY = secret("VAPID_PRIVATE_KEY")
VAPID_SUBJECT = env.str("VAPID_SUBJECT", "mailto:no-reply@example.com")
PUSH_PROVIDER = env.list("PUSH_PROVIDER", default=["webpush"] if VAPID_PRIVATE_KEY else [])
PUSH_TITLE = env.str("PUSH_TITLE", "A message for you")
# Push services of ours, which may be on this machine and without https.
PUSH_TRUSTED_ORIGINS = env.list("PUSH_TRUSTED_ORIGINS", default=[SANDBOX_URL] if DEMO else [])
# The least that the account at a service should hold, in its currency: `africastalking=500`.
BALANCE_ALERTS = env.dict("BALANCE_ALERTS", default={})
# What a service may bear, in place of what its file says: requests in flight, and begun a second,
# as in `africastalking=20/50,smtp=1/2`.
NOTIFICATION_LIMITS = env.dict("NOTIFICATION_LIMITS", default={})
AFRICAS_TALKING_USERNAME = env.str("AFRICAS_TALKING_USERNAME", "sandbox")
AFRICAS_TALKING_API_KEY = secret("AFRICAS_TALKING_API_KEY")
AFRICAS_TALKING_SENDER_ID = env.str("AFRICAS_TALKING_SENDER_ID", "")
AFRICAS_TALKING_BASE_URL = env.str("AFRICAS_TALKING_BASE_URL", f"{SANDBOX_URL}/africastalking")
AFRICAS_TALKING_CALLBACK_TOKEN = secret("AFRICAS_TALKING_CALLBACK_TOKEN")
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", f"{SANDBOX_URL}/gateways/sms")
SMS_GATEWAY_TOKEN = secret("SMS_GATEWAY_TOKEN")
EMAIL_GATEWAY_URL = env.str("EMAIL_GATEWAY_URL", f"{SANDBOX_URL}/gateways/email")
EMAIL_GATEWAY_TOKEN = secret("EMAIL_GATEWAY_TOKEN")
# The language of customers who named none, and the countries (ISO 3166-1) that SMS may go to: all
# when it is empty. What SMS and push must not say, besides the names of kits and treatments.
DEFAULT_LANGUAGE = env.str("DEFAULT_LANGUAGE", "en")
CUSTOMER_TIME_ZONE = env.str("CUSTOMER_TIME_ZONE", TIME_ZONE)
SMS_COUNTRIES = env.list("SMS_COUNTRIES", default=[])
HEALTH_WORDS = env.list(
    "HEALTH_WORDS",
    default=[
        "DNA",
        "genetic",
        "genome",
        "exome",
        "HIV",
        "cancer",
        "diagnosis",
        "mammogram",
        "mammography",
    ],
)
# Where customers reach us: the links in e-mails begin with it.
PUBLIC_URL = env.str(
    "PUBLIC_URL", f"http://127.0.0.1:{PORT}" if DEMO else f"https://{ALLOWED_HOSTS[0]}"
)
# The big e-mail services, by django-anymail: the service, and what Anymail calls its settings.
ANYMAIL_BACKEND = env.str("ANYMAIL_BACKEND", "postmark" if DEMO else "")
POSTMARK_SERVER_TOKEN = secret("POSTMARK_SERVER_TOKEN")
EMAIL_WEBHOOK_SECRET = secret("EMAIL_WEBHOOK_SECRET")
ANYMAIL = (
    {
        "POSTMARK_API_URL": f"{SANDBOX_URL}/postmark/",
        "POSTMARK_SERVER_TOKEN": POSTMARK_SERVER_TOKEN,
        "WEBHOOK_SECRET": EMAIL_WEBHOOK_SECRET,
    }
    if DEMO
    else {}
)
ANYMAIL |= {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_") and name != "ANYMAIL_BACKEND"
}
globals().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Dosette <no-reply@localhost>")

# --- Background work -----------------------------------------------------------------------
BROKER_DIR = VAR_DIR / "broker"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # A stalled Redis must not hang a request: docs/decisions/0004-broker.md.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = connections.REDIS | {
        "visibility_timeout": 600,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }
else:
    CELERY_BROKER_URL = "files://localhost//"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(BROKER_DIR), "polling_interval": 0.1}
    BROKER_DIR.mkdir(parents=True, exist_ok=True)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # nor is there a tick to clean them up, by the clock of beat alone
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = "UTC"

# `json` for machines, in production; `plain` for people, without a line for each request and task.
LOG_FORMAT = env.str("LOG_FORMAT", "plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "core.observability.logs.JsonFormatter"},
        "plain": {
            "()": "core.observability.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "core.access": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        # It would log the address of each refused request, and the secret in a call-back's one.
        "django.request": {"level": "ERROR"},
        # Whoever asks by another name gets a 400; a trace-back each would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "axes": {"level": "WARNING"},
        "gunicorn.error": {
            "handlers": ["console"],
            "level": env.str("WEB_LOG_LEVEL", "warning").upper(),
            "propagate": False,
        },
        "celery": {"level": "WARNING"},  # core.access has a line for each task
    },
}

# A scraper elsewhere sends it as a bearer token; without one only this host may read /metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

UNFOLD = {
    "SITE_TITLE": "Dosette",
    "SITE_HEADER": "Dosette",
    "SITE_SYMBOL": "medication",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("desk/favicon.svg")}
    ],
    "DASHBOARD_CALLBACK": "desk.start.start_page",
    "SIDEBAR": SIDEBAR,
    "LOGIN": {"form": "identity.passwords.forms.LoginForm"},
    "ACCOUNT": {"navigation": account_links},
}
