"""The address guard: what came from outside is called on the public internet only."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis.strategies import ip_addresses

from core.http import (
    BlockedAddressError,
    Done,
    Limits,
    Permanent,
    Reader,
    Request,
    Temporary,
    connections,
    fetch,
    send,
    send_many,
    ssrf_guard,
)
from core.http.ssrf_guard import NotPublicAddressError, guarded_socket, is_public
from core.tests.http.server import polite, staged

NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1
64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::1 100::1 2001::1 2001:db8::1
2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%lo fec0::1
ff02::1 ff0e::1 2606:4700::1111%lo
localhost 2130706433 0x7f.1 0177.0.0.1 127.1
"""
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.215.14 172.15.255.255 172.32.0.1 192.0.1.1 223.255.255.254
2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450:4001::1 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_an_address_of_our_own_world_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


EMBEDDINGS: list[Callable[[int], int]] = [
    lambda v4: v4,
    lambda v4: 0xFFFF << 32 | v4,
    lambda v4: 0xFFFF << 48 | v4,
    lambda v4: int(IPv6Address("64:ff9b::")) | v4,
    lambda v4: 0x2002 << 112 | v4 << 80,
    lambda v4: 0x2001 << 112 | v4 ^ 0xFFFFFFFF,
]


@given(ip_addresses(v=4).filter(lambda address: not is_public(str(address))))
def test_wrapping_an_address_in_ipv6_makes_it_no_more_public(address: IPv4Address) -> None:
    for embed in EMBEDDINGS:
        assert not is_public(str(IPv6Address(embed(int(address)))))


@given(ip_addresses())
def test_what_python_calls_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    refused = address.is_private or address.is_multicast or address.is_loopback
    assert not (refused and is_public(str(address)))


def test_a_guarded_socket_is_made_for_public_addresses_only() -> None:
    kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    guarded_socket((*kind, ("8.8.8.8", 443))).close()
    with pytest.raises(NotPublicAddressError):
        guarded_socket((*kind, ("127.0.0.1", 443)))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "8.8.8.8@127.0.0.1",
        "127.0.0.1#@8.8.8.8",
    ],
)
def test_no_spelling_of_loopback_gets_by(host: str) -> None:
    with staged(polite) as stage:
        address = f"{host}:{stage.port}" if "#" not in host else host
        outcome = send(Request("GET", f"https://{address}/", public_only=True), lambda _: Done())
        assert stage.connections == 0
    assert isinstance(outcome, Permanent), outcome
    assert outcome.code == "address-refused"


@pytest.mark.parametrize("scheme", ["http://", "ftp://", "//", "", "https://a:b@", "https://:b@"])
def test_what_is_not_plainly_https_is_refused(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssrf_guard, "is_public", lambda _: True)
    with staged(polite) as stage:
        with pytest.raises(BlockedAddressError):
            fetch(Request("GET", f"{scheme}{stage.host}:{stage.port}/", public_only=True))
        assert stage.connections == 0


def test_what_is_no_address_at_all_is_refused() -> None:
    with pytest.raises(BlockedAddressError, match="not an address"):
        fetch(Request("GET", "https://[::1", public_only=True))


# --- with names and certificates --------------------------------------------------------------

HOST = "shop.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own making for shop.example, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "shop.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(connections, "ssl_context", lambda: context)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A name server of ours: each look-up gets the next of these answers."""
    answers: list[list[str]] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        assert host == HOST
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (families[ip_address(text).version], socket.SOCK_STREAM, 6, "", (text, port))
            for text in answers.pop(0)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


def at(port: int, *, public_only: bool = True) -> Request:
    return Request("POST", f"https://{HOST}:{port}/", timeout=5, public_only=public_only)


@pytest.mark.usefixtures("trusted")
def test_a_name_that_leads_home_is_refused(tls: ssl.SSLContext, names: list[list[str]]) -> None:
    names += [["127.0.0.1"], ["::1", "127.0.0.1", "10.0.0.1"], ["127.0.0.1"]]
    with staged(polite, tls=tls) as stage:
        for _ in range(2):
            outcome = send(at(stage.port), lambda _: Done())
            assert outcome == Permanent("not sent: not a public address", "address-refused")
        assert stage.connections == 0
        assert send(at(stage.port, public_only=False), lambda _: Done()) == Done()


@pytest.mark.usefixtures("trusted")
def test_a_guarded_request_does_not_travel_on_an_unguarded_connection(
    tls: ssl.SSLContext, names: list[list[str]]
) -> None:
    names += [["127.0.0.1"], ["127.0.0.1"]]
    with staged(polite, tls=tls) as stage:
        requests = [at(stage.port, public_only=guarded) for guarded in (False, True)]
        jobs: list[tuple[Request, Reader]] = [(request, lambda _: Done()) for request in requests]
        outcomes = send_many(jobs, Limits(concurrency=1))
        assert [type(outcome) for outcome in outcomes] == [Done, Permanent]
        assert len(stage.requests) == 1


@pytest.mark.usefixtures("trusted")
def test_the_address_that_was_checked_is_the_one_that_is_called(
    tls: ssl.SSLContext, names: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer would lead elsewhere, but there is no second look-up."""
    checked: list[str] = []

    def only_the_first(address: str) -> bool:
        checked.append(address)
        return address == "127.0.0.2"

    monkeypatch.setattr(ssrf_guard, "is_public", only_the_first)
    names += [["127.0.0.2"], ["127.0.0.1"]]
    with staged(polite, tls=tls, host="127.0.0.2") as stage:
        assert send(at(stage.port), lambda _: Done()) == Done()
        assert (stage.connections, checked, names) == (1, ["127.0.0.2"], [["127.0.0.1"]])


def test_a_certificate_nobody_vouches_for_is_not_sent_to(
    tls: ssl.SSLContext, names: list[list[str]]
) -> None:
    names += [["127.0.0.1"]]
    with staged(polite, tls=tls) as stage:
        outcome = send(at(stage.port, public_only=False), lambda _: Done())
        assert isinstance(outcome, Temporary)
        assert outcome.not_taken
        assert "certificate verify failed" in outcome.reason
        assert stage.requests == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_not_sent_to(tls: ssl.SSLContext) -> None:
    with staged(polite, tls=tls) as stage:
        url = f"https://127.0.0.1:{stage.port}/"
        outcome = send(Request("POST", url), lambda _: Done())
        assert isinstance(outcome, Temporary)
        assert "certificate" in outcome.reason
        assert stage.requests == []
