"""Digests by which encrypted columns are searched: the same value gives the same digest.

They are made with BLIND_INDEX_KEY: who has the database alone can neither read nor try values, but
sees which rows share one. `digest` tells whole values apart, such as foreign ids; `token` and
`prefix_tokens` are kept in an array of numbers, for beginnings of words. Decision 0048.
"""

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from core.encryption.keys import blind_index_key

LONGEST_PREFIX = 16  # letters: what is typed behind them is not compared
TOKEN_BYTES = 8  # PostgreSQL's bigint
WORD = "word"


def digest(context: str, value: str) -> UUID:
    """16 bytes that stand for this value in this place; unique as the value is."""
    return UUID(bytes=_digest(f"{context}\0{value}", 16))


def token(kind: str, value: str) -> int:
    """8 bytes, as PostgreSQL's bigint, that stand for this value of this kind."""
    return int.from_bytes(_digest(f"{kind}\0{value}", TOKEN_BYTES), "big", signed=True)


def prefix_tokens(word: str) -> tuple[int, ...]:
    """The tokens of the beginnings of a folded word, of one letter to LONGEST_PREFIX."""
    return _prefix_tokens(word[:LONGEST_PREFIX], blind_index_key())


def prefix_token(typed: str) -> int:
    """The token that a row has when one of its words begins so."""
    return token(WORD, typed[:LONGEST_PREFIX])


def fingerprint() -> bytes:
    """What tells whether BLIND_INDEX_KEY is the same one."""
    return _digest("core_encryptionkey\0", 16)


@lru_cache(maxsize=4_000)  # names come again; some 2 MB
def _prefix_tokens(word: str, key: bytes) -> tuple[int, ...]:
    """`token` of each beginning; a digest goes on where that of a letter less has ended."""
    digest_so_far = blake2b(f"{WORD}\0".encode(), digest_size=TOKEN_BYTES, key=key)
    tokens = []
    for letter in word:
        digest_so_far.update(letter.encode())
        tokens.append(int.from_bytes(digest_so_far.digest(), "big", signed=True))
    return tuple(tokens)


def _digest(text: str, size: int) -> bytes:
    return blake2b(text.encode(), digest_size=size, key=blind_index_key()).digest()
