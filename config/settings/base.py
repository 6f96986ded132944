"""Settings of every environment; without any environment, a complete one on this machine.

Values come from the environment (docs/operations.md lists it). What it does not name falls back
to the embedded database, the demo secrets in `var/` and the sandbox on loopback. The production
settings refuse such fallbacks. The other parts: values, api, access, services, background.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import environ
import pghistory
from django.templatetags.static import static

from config.settings import connections
from config.settings.access import *
from config.settings.api import *
from config.settings.background import *
from config.settings.services import *
from config.settings.values import *
from config.settings.values import REDIS_URL, VAR_DIR, database_url, env, secret
from desk.sidebar.links import SIDEBAR, account_links

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret("SECRET_KEY")
# Earlier keys: what they encrypted or signed is still read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Health data in the database is encrypted with the first of these (core/encryption/keys.py).
ENCRYPTION_KEYS = secret("ENCRYPTION_KEYS")
BLIND_INDEX_KEY = secret("BLIND_INDEX_KEY")
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
    "pgtrigger",
    "pghistory",
    "core",
    "identity",
    "customers",
    "orders",
    "clinical",
    "shipping",
    "kits",
    "notifications",
    "transfers",
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
    "identity.access_log.origins.OriginMiddleware",
    "identity.sessions.open_sessions.keep_open_sessions",
    "identity.sign_in.middleware.RenewSession",
    "identity.sign_in.fresh.require_fresh_sign_in",
    "identity.passwords.second_factor_required.require_second_factor",
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
    "default": environ.Env.db_url_config(database_url())
    | {
        "ENGINE": "core.database.backend",
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
# Histories (core/history/): what their columns do not take over from those of the records.
PGHISTORY_CREATED_AT_FUNCTION = "statement_timestamp()"
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_EXCLUDE_FIELD_KWARGS = {
    "django.db.models.Field": ["validators", "help_text", "choices", "db_default"]
}

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

FILE_UPLOAD_HANDLERS = ["core.web.uploads.UnnamedFileHandler"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "attachments": connections.attachments(env, VAR_DIR / "attachments"),
}
PHONENUMBER_DEFAULT_REGION = env.str("PHONENUMBER_DEFAULT_REGION", "GB")
PHONENUMBER_DB_FORMAT = "E164"
# Offered first where a country is chosen: ISO 3166-1 alpha-2 codes.
USUAL_COUNTRIES = env.list("USUAL_COUNTRIES", default=[PHONENUMBER_DEFAULT_REGION])
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", "GBP")

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
    "STYLES": [lambda request: static("desk/admin.css")],
    "SCRIPTS": [
        lambda request: static("desk/admin.js"),
        lambda request: static("desk/search.js"),
    ],
    "DASHBOARD_CALLBACK": "desk.start.page.start_page",
    "SIDEBAR": SIDEBAR,
    "LOGIN": {"form": "identity.passwords.forms.LoginForm"},
    "ACCOUNT": {"navigation": account_links},
}
