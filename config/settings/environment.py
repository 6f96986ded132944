"""Where the settings' values come from, and which of them production refuses.

In order of precedence: the environment, the files of secrets, the file `.env`. A secret is best
given as a file (SECRETS_DIR/SECRET_KEY; SECRETS_DIR may be several folders, with a colon between
them): the environment shows in process lists, crash reports and `docker inspect`.
"""

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping, MutableMapping
from itertools import chain
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from core.encryption import keys

BASE_DIR: Path = Path(__file__).resolve().parents[2]
SECRETS_DIR = "/run/secrets/dosette"
NAME = re.compile(r"[A-Z][A-Z0-9_]*")
ADDRESS = re.compile(
    r"OIDC_ISSUER|OIDC_TRUSTED_ISSUERS|AFRICAS_TALKING_BASE_URL|NORTHPOST_URL|SWIFTPARCEL_URL"
    r"|[A-Z0-9_]+_(PROVIDER|GATEWAY)_URL"
    r"|(NORTHPOST|SWIFTPARCEL)_URL"
)
CHOICE = ("SHIPPING_PROVIDER", "SMS_PROVIDER", "EMAIL_PROVIDER")


def load(environment: MutableMapping[str, str] = os.environ) -> None:
    """Fill the environment from the files of secrets and from `.env`.

    Raises ImproperlyConfigured when a variable has one value here and another one there.
    """
    folders = (environment.get("SECRETS_DIR") or SECRETS_DIR).split(os.pathsep)
    for name, value in chain.from_iterable(_secrets(Path(folder)) for folder in folders):
        if environment.get(name, value) not in ("", value):
            raise ImproperlyConfigured(
                f"{name} is set in the environment and, to another value, in a file of secrets. "
                "Remove one of them."
            )
        environment[name] = value
    environ.Env.read_env(BASE_DIR / ".env")


def _secrets(folder: Path) -> Iterator[tuple[str, str]]:
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir()):
        if NAME.fullmatch(file.name) and file.is_file():
            yield file.name, _read(file)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The file of the secret {file.name} cannot be read: {error.strerror}."
        ) from error


def with_password(url: str, password: str) -> str:
    """The address with the password, unless it names one: apart, it may come from a file."""
    parts = urlsplit(url)
    if not (url and password) or parts.password:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f":{quote(password, safe='')}@{host}").geturl()


def problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What production refuses in this environment, one sentence each, by name."""
    if len(environment["SECRET_KEY"]) < 50 or len(set(environment["SECRET_KEY"])) < 5:
        yield "SECRET_KEY must be random and at least 50 characters long."
    yield from _against_keys(environment)
    for name in ("DEBUG", "DOSETTE_DEMO"):
        if environment.get(name, "").lower() in environ.Env.BOOLEAN_TRUE_STRINGS:
            yield f"{name} is on. It is for development."
    if environment.get("SANDBOX_URL"):
        yield "SANDBOX_URL is set. The sandbox is for development."
    if "*" in _listed(environment["ALLOWED_HOSTS"]):
        yield "ALLOWED_HOSTS lets any host name in. Name yours."
    for name in CHOICE:
        if "console" in _listed(environment.get(name, "")):
            yield f"{name} names the console, which only shows things to developers."
    yield from _against_addresses(environment)


def _against_keys(environment: Mapping[str, str]) -> Iterator[str]:
    try:
        numbered = keys.numbered(environment["ENCRYPTION_KEYS"])
        index_key = keys.decoded(environment["BLIND_INDEX_KEY"], "BLIND_INDEX_KEY")
    except ImproperlyConfigured as error:
        yield str(error)
        return
    if index_key in numbered.values():
        yield "BLIND_INDEX_KEY must be a key of its own, and none of ENCRYPTION_KEYS."


def _against_addresses(environment: Mapping[str, str]) -> Iterator[str]:
    sandbox_user = environment.get("AFRICAS_TALKING_USERNAME", "").lower() == "sandbox"
    if sandbox_user and "africastalking" in _listed(environment.get("SMS_PROVIDER", "")):
        yield "AFRICAS_TALKING_USERNAME is the sandbox's: no message would reach anybody."
    rehearsal = environment.get("DOSETTE_REHEARSAL", "").lower() == "true"
    for name in sorted(filter(ADDRESS.fullmatch, environment)):
        for url in _listed(environment[name]):
            parts = urlsplit(url)
            if parts.scheme != "https" or not parts.hostname:
                yield f"{name} must be an https address."
            elif _is_this_machine(parts.hostname) and not rehearsal:
                yield f"{name} is this very machine, where only a stand-in listens."
            elif "sandbox" in parts.hostname:
                yield f"{name} is a sandbox: nothing would reach anybody."


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
