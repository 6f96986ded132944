"""Links to the next page, which tell nothing of what was searched for.

They hold the whole search, encrypted: whoever posts a name to `_search` is not led to an address
that shows it. Only the type of resource can be seen.
"""

import base64
import binascii
import json
import zlib

from clinical.fhir.errors import PageExpiredError
from core.encryption.cipher import DecryptionError, decrypt, encrypt

Pairs = list[tuple[str, str]]
CONTEXT = "clinical.fhir.page:{}".format
LONGEST = 8_000  # what nginx and gunicorn take as an address, with room


def link_token(resource_type: str, pairs: Pairs, after: int) -> str:
    """What stands in the address of the page behind the row `after` of this search."""
    text = json.dumps([after, pairs], separators=(",", ":"))
    encrypted = encrypt(zlib.compress(text.encode()), CONTEXT(resource_type))
    return base64.urlsafe_b64encode(encrypted).decode().rstrip("=")


def read_token(resource_type: str, token: str) -> tuple[Pairs, int]:
    """The search and the row that its page begins behind.

    Raises PageExpiredError for what is no token of ours, or of keys that are gone.
    """
    try:
        encrypted = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        text = zlib.decompress(decrypt(encrypted, CONTEXT(resource_type)))
    except (binascii.Error, UnicodeError, ValueError, DecryptionError):
        raise PageExpiredError from None
    after, pairs = json.loads(text)
    return [(name, value) for name, value in pairs], after
