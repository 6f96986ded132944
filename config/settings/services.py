"""The companies that carry parcels and messages, and what customers are sent."""

import os

from config.settings.values import (
    ALLOWED_HOSTS,
    DEMO,
    PORT,
    SANDBOX_URL,
    TIME_ZONE,
    env,
    secret,
)

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
# Laboratories: each is there once its secret is.
REFERENCE_LABORATORY_SECRET = secret("REFERENCE_LABORATORY_SECRET")
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
