"""Who may come in: the issuer, passwords, sessions, and what a page may load."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.values import SANDBOX_URL, env, secret

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

# How long the law asks for a health record, from its newest study; erasure leaves it until then.
HEALTH_RECORD_YEARS = env.int("HEALTH_RECORD_YEARS", 10)
# After how many days the texts and addresses of messages are let go at night; 0: never.
RETENTION_MESSAGES_DAYS = env.int("RETENTION_MESSAGES_DAYS", 0)
# The same for who looked at whose health data. The database keeps the last year, whatever is said.
RETENTION_ACCESS_LOG_DAYS = env.int("RETENTION_ACCESS_LOG_DAYS", 0)
if 0 < RETENTION_ACCESS_LOG_DAYS < 365:
    raise ImproperlyConfigured("RETENTION_ACCESS_LOG_DAYS: 0 for ever, or at least 365.")
# For how many hours files of imports and exports wait to be applied or fetched.
RETENTION_FILES_HOURS = env.int("RETENTION_FILES_HOURS", 24)
