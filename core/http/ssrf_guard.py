"""The address guard: requests to addresses that came from outside stay on the public internet.

It looks at the very address a socket is about to connect to, so neither a name that resolves to
another address the second time (DNS rebinding) nor an odd spelling of an address gets by.
"""

import errno
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import AddrInfoType
from yarl import URL

# IANA's special-purpose registries, as far as `is_global` of Python 3.11 lets them pass.
_SPECIAL_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_SPECIAL_V6 = (
    IPv6Network("2001::/23"),  # IETF protocol assignments: Teredo, ORCHID and others
    IPv6Network("2002::/16"),  # 6to4 carries any IPv4 address, and is retired (RFC 7526)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
)
_UNICAST_V6 = IPv6Network("2000::/3")  # all that is handed out; leaves out ::ffff:0:0/96 and kin
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class NotPublicAddressError(OSError):
    """The address is not on the public internet. One text for all: see `guarded_socket`."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "not a public address")


def is_public(text: str) -> bool:
    """Whether this numeric address is one that anybody on the internet may be asked to call."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    return _is_public_v6(address)


def _is_public_v4(address: IPv4Address) -> bool:
    if address.is_multicast or address.is_reserved:
        return False
    return address.is_global and not any(address in network for network in _SPECIAL_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _UNICAST_V6:
        return False
    return address.is_global and not any(address in network for network in _SPECIAL_V6)


def guarded_socket(info: AddrInfoType) -> socket.socket:
    """A socket for this address. Raises NotPublicAddressError, with the same text for each address:
    the connector keeps the error's class only when all its attempts failed alike."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise NotPublicAddressError
    return socket.socket(family, kind, protocol)


def why_blocked(url: str) -> str | None:
    """Why this address must not be called, before any look-up; None when it may be."""
    try:
        parts = URL(url)
    except ValueError:
        return "not an address"
    if parts.scheme != "https" or not parts.host:
        return "only https addresses are called"
    if parts.raw_user is not None or parts.raw_password is not None:
        return "an address with a user name or password is not called"
    return None
