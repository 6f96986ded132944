"""Short codes that people read aloud."""

import secrets

# Crockford's Base32 (https://www.crockford.com/base32.html): no I, L, O or U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_code(prefix: str, length: int = 10) -> str:
    """A random code such as `C-7K3M9QXT2B`: 50 bits for the default length."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))
