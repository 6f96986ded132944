"""How a webhook proves that it comes from a provider: as all webhooks do."""

from core.web.signatures import SIGNATURE, TOLERANCE, has_bearer_secret, has_hmac, is_signed

__all__ = ["SIGNATURE", "TOLERANCE", "has_bearer_secret", "has_hmac", "is_signed"]
