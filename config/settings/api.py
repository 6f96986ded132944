"""The API: how it is read, written and described, and how much of it anybody may ask."""

from config.settings.values import env

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
        "410",
        "412",
        "413",
        "415",
        "422",
        "429",
        "503",
    ],
}
API_DESCRIPTION = """Customers, orders, shipments, studies and notifications of a health company.

**Tokens.** Every call needs an access token of the OpenID Connect issuer, with the scopes that the
operation names. A program gets one with its client credentials at the issuer's `token_endpoint`; on
your own machine `make -s token` prints one of the sandbox. *Authorize* takes it, and *Try it out*
then sends real requests to this installation; on your own machine the sandbox gets what is sent.

**Examples** are requests that the test suite sends, with the answers it gets. Your ids are others.
"""
SPECTACULAR_SETTINGS = {
    "TITLE": "Dosette",
    "DESCRIPTION": API_DESCRIPTION,
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.front_door.examples.add",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "notifications.channels.channel_choices",
        "ReportedStatusEnum": "clinical.models.VersionStatus",
        "ResultStatusEnum": "clinical.states.ResultState",
        "OrderStatusEnum": "orders.states.OrderState",
        "PatientFieldEnum": "clinical.patients.merging.FIELDS",
    },
}

# Bytes that a body may have where files are sent: pattern of the address -> limit. Beside the file
# there are the names of the fields.
ATTACHMENT_BYTES = env.int("ATTACHMENT_MEGABYTES", 25) * 1_000_000
ATTACHMENTS_PER_STUDY = env.int("ATTACHMENTS_PER_STUDY", 50)
# Of whatever else is sent, to the API and to pages.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
# Of a form that a page sends, with its file.
LARGEST_UPLOAD = max(32 * 1024 * 1024, ATTACHMENT_BYTES + 10_000)
BODY_LIMITS = {r"/api/v1/patients/\d+/studies/\d+/attachments/?": ATTACHMENT_BYTES + 10_000}

# How many proxies of ours stand in front: the address of a request is taken from their
# X-Forwarded-For (identity/access_log/records.py).
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

# How much of the API a known client may ask, and an address while nobody is known there
# (identity/api/throttles.py); empty means as much as it likes.
RATE_CLIENT = env.str("RATE_CLIENT", "30000/m")
RATE_ADDRESS = env.str("RATE_ADDRESS", "600/m")
# How often an address may try to sign in.
RATE_SIGN_IN = env.str("RATE_SIGN_IN", "30/m")
