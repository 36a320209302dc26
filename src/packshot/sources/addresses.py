"""The network addresses that photos may be fetched from.

A feed is written by others. Whoever can put a URL into it must not be able to make this machine talk
to its own services, to its network, or to the metadata service of its cloud. Refused are the
special-purpose blocks of IANA's registries (RFC 6890 and successors), what smuggles an IPv4 address
inside an IPv6 one, and the metadata addresses of the large clouds.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to numeric addresses, as `resolve_host`."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")

# Never, also not on a network of one's own.
_ALWAYS_REFUSED: tuple[tuple[IPv4Network | IPv6Network, str], ...] = (
    (IPv4Network("168.63.129.16/32"), "a cloud's metadata service"),
    (IPv4Network("100.100.100.200/32"), "a cloud's metadata service"),
    (IPv6Network("fd00:ec2::/32"), "a cloud's metadata service"),
    (IPv6Network("fd20:ce::/32"), "a cloud's metadata service"),
    (IPv4Network("169.254.0.0/16"), "a link-local address, where clouds keep their metadata service"),
    (IPv6Network("fe80::/10"), "a link-local address"),
    (IPv4Network("0.0.0.0/8"), "an unspecified address"),
    (IPv6Network("::/128"), "an unspecified address"),
    (IPv4Network("224.0.0.0/4"), "a multicast address"),
    (IPv6Network("ff00::/8"), "a multicast address"),
    (IPv4Network("192.0.0.0/24"), "a reserved address"),
    (IPv4Network("192.0.2.0/24"), "an address for documentation"),
    (IPv4Network("198.51.100.0/24"), "an address for documentation"),
    (IPv4Network("203.0.113.0/24"), "an address for documentation"),
    (IPv4Network("198.18.0.0/15"), "an address for benchmarks"),
    (IPv4Network("192.88.99.0/24"), "a 6to4 relay"),
    (IPv4Network("240.0.0.0/4"), "a reserved address"),
    (IPv6Network("::ffff:0:0/96"), "an IPv4 address inside an IPv6 one"),
    (IPv6Network("64:ff9b::/96"), "an IPv4 address behind NAT64"),
    (IPv6Network("64:ff9b:1::/48"), "an IPv4 address behind NAT64"),
    (IPv6Network("2002::/16"), "an IPv4 address inside a 6to4 one"),
    (IPv6Network("2001::/23"), "a reserved address"),
    (IPv6Network("2001:db8::/32"), "an address for documentation"),
    (IPv6Network("3fff::/20"), "an address for documentation"),
)

# Only where the settings say that photos lie on a network of one's own.
_PRIVATE_NETWORKS: tuple[tuple[IPv4Network | IPv6Network, str], ...] = (
    (IPv4Network("127.0.0.0/8"), "this machine itself"),
    (IPv6Network("::1/128"), "this machine itself"),
    (IPv4Network("10.0.0.0/8"), "a private network"),
    (IPv4Network("172.16.0.0/12"), "a private network"),
    (IPv4Network("192.168.0.0/16"), "a private network"),
    (IPv4Network("100.64.0.0/10"), "a private network"),
    (IPv6Network("fc00::/7"), "a private network"),
)


def find_refusal_reason(address: str, *, allow_private: bool = False) -> str | None:
    """Return what speaks against connecting to an address, if anything.

    Args:
        address: Numeric, IPv4 or IPv6; of the latter with a scope (``fe80::1%eth0``) too.
        allow_private: Let pass private networks and this machine; nothing else.

    Raises:
        ValueError: Not a numeric address.

    Example:
        >>> find_refusal_reason("169.254.169.254")
        'a link-local address, where clouds keep their metadata service'
        >>> find_refusal_reason("10.0.0.7"), find_refusal_reason("10.0.0.7", allow_private=True)
        ('a private network', None)
    """
    parsed = ip_address(address)
    if reason := _find_block_reason(parsed, _ALWAYS_REFUSED):
        return reason
    if reason := _find_block_reason(parsed, _PRIVATE_NETWORKS):
        return None if allow_private else reason
    is_public = parsed in _GLOBAL_UNICAST if isinstance(parsed, IPv6Address) else parsed.is_global
    return None if is_public else "a reserved address"


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order that the system prefers, each once.

    Raises:
        OSError: No such host, or no answer from the name servers.

    Example:
        >>> resolve_host("127.0.0.1", 443)  # a numeric address asks no name server
        ['127.0.0.1']
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _find_block_reason(
    address: IPv4Address | IPv6Address, blocks: Sequence[tuple[IPv4Network | IPv6Network, str]]
) -> str | None:
    return next((reason for block, reason in blocks if address in block), None)
