"""Three ways in which a webhook proves who sent it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from core.database import clock

SIGNATURE = "webhook-signature"
TOLERANCE = timedelta(minutes=5)


def is_signed(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the secrets signed the raw body, at most five minutes ago.

    Standard Webhooks (https://www.standardwebhooks.com). Only secrets in its own form, `whsec_`
    and base64, sign: the library would take any text for base64 and drop what is not.
    """
    return any(_signed(secret, headers, body) for secret in secrets if secret.startswith("whsec_"))


def _signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """By the database's clock: the library's own check takes this process's.

    Malformed headers and secrets raise errors of many kinds: each means no.
    """
    try:
        sent = datetime.fromtimestamp(float(headers["webhook-timestamp"]), UTC)
        made = Webhook(secret).sign(headers["webhook-id"], sent, body.decode()).encode()
        given = headers[SIGNATURE].encode().split(b" ")
        same = [hmac.compare_digest(made, each) for each in given]
        return any(same) and abs(clock.now() - sent) <= TOLERANCE
    except Exception:  # noqa: BLE001 - see above
        return False


def has_hmac(secrets: Sequence[str], given: str, body: bytes) -> bool:
    """Whether `given` is the hexadecimal HMAC-SHA256 of the raw body under one of the secrets.

    For a header of the provider's own. It says nothing of when: an old webhook can be repeated,
    which does no harm, because its events are known by their ids.
    """
    # As bytes: of text, only ASCII can be compared.
    code = given.strip().lower().encode(errors="surrogatepass")
    keys = [secret.encode() for secret in secrets if secret]
    made = [hmac.new(key, body, hashlib.sha256).hexdigest().encode() for key in keys]
    same = [hmac.compare_digest(each, code) for each in made]
    return any(same)


def has_bearer_secret(secrets: Sequence[str], headers: Mapping[str, str]) -> bool:
    """Whether the request carries one of the secrets as its bearer token; an empty one is none.

    It says nothing of when, as `has_hmac`; whoever repeats an old webhook knows the secret, too.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    # All are compared, in constant time: how long it took says nothing of what came close.
    # Header values may hold any bytes, which Python shows as surrogates.
    given = token.encode(errors="surrogatepass")
    same = [hmac.compare_digest(secret.encode(), given) for secret in secrets if secret]
    # An empty one matches a secret that nobody has set.
    return scheme.lower() == "bearer" and bool(token) and any(same)
