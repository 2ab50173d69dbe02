"""Which hosts can only be on this machine or in a private network, told by their names alone.

Nothing is looked up: what a name resolves to depends on who asks, and when.
"""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

_PRIVATE_ENDINGS = frozenset(
    {
        *("localhost", "local", "internal", "home.arpa"),
        # RFC 6762 names these as the habits of private networks; no registry hands them out.
        *("intranet", "private", "corp", "home", "lan"),
    }
)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine; one with an unusual spelling is not taken for it."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Tell whether a host cannot be reached from the internet, however it is spelt."""
    host = host.rstrip(".").lower()
    address = _address(host)
    if address is not None:
        return not address.is_global or address.is_multicast
    labels = host.split(".")
    endings = (".".join(labels[-count:]) for count in (1, 2))
    return len(labels) == 1 or any(ending in _PRIVATE_ENDINGS for ending in endings)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _old_address(host)
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _old_address(host: str) -> IPv4Address | None:
    """Read the spellings that C libraries accept beside the usual one: 127.1, 0x7f000001."""
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
