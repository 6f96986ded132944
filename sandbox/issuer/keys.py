"""The issuer's signing keys: kept in a file of mode 600, so that tokens survive a restart."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox.wire import digest

PUBLISHED = 2  # the current key and the one before it


@dataclass(frozen=True)
class Key:
    """An RSA key and its name."""

    kid: str
    private: rsa.RSAPrivateKey

    @classmethod
    def new(cls) -> "Key":
        """A fresh key."""
        return cls.of(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def of(cls, private: rsa.RSAPrivateKey) -> "Key":
        """A key named after its public part."""
        return cls(digest(str(private.public_key().public_numbers().n))[:16], private)

    def pem(self) -> str:
        """The private key as PEM text."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def jwk(self) -> dict[str, Any]:
        """The public key as a JWK."""
        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        numbers = {name: public[name] for name in ("kty", "n", "e")}
        return {**numbers, "use": "sig", "alg": "RS256", "kid": self.kid}


class Keys:
    """The published keys, newest first; the first one signs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = self._load()
        if not self._keys:
            self.rotate()

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        """A signed token."""
        key = self._keys[0]
        return jwt.encode(claims, key.private, "RS256", headers={"kid": key.kid, "typ": typ})

    def claims_of(self, token: str, issuer: str, expiry: bool = True) -> dict[str, Any]:
        """The claims of a token of ours; raises jwt.InvalidTokenError."""
        kid = jwt.get_unverified_header(token).get("kid")
        for key in self._keys:
            if key.kid == kid:
                options: Any = {"verify_aud": False, "verify_exp": expiry}
                public = key.private.public_key()
                claims: dict[str, Any] = jwt.decode(
                    token, public, ["RS256"], issuer=issuer, options=options
                )
                return claims
        raise jwt.InvalidTokenError("unknown key")

    def rotate(self) -> str:
        """A new key signs from now on; gives its name. The last one stays published."""
        self._keys = [Key.new(), *self._keys][:PUBLISHED]
        self._save()
        return self._keys[0].kid

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK set."""
        return {"keys": [key.jwk() for key in self._keys]}

    def _load(self) -> list[Key]:
        if not self._path.exists():
            return []
        loaded = (
            serialization.load_pem_private_key(pem.encode(), password=None)
            for pem in json.loads(self._path.read_text())
        )
        return [Key.of(private) for private in loaded if isinstance(private, rsa.RSAPrivateKey)]

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.unlink(missing_ok=True)
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as writer:
            json.dump([key.pem() for key in self._keys], writer)
        new.replace(self._path)
