"""From which address a request comes. Every door asks here: behind proxies the peer's address is a proxy's.

Anybody can write headers that name addresses, so they count only as far as proxies of the operator's have written
them: read from the right, up to the first address that is none of those proxies'. What stands left of it was said by
somebody whom nobody vouches for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from passwright.settings import ENVIRONMENT

IPAddress = IPv4Address | IPv6Address

ONE_CUSTOMER = 64
"""Bits of an IPv6 address that belong to one network: whoever has one address of it has all of them."""
QUOTED_OR_PLAIN = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


def client_address(environ: Mapping[str, Any]) -> str:
    """The address of the client (`request.META` or a WSGI environment), as text; empty if there is none.

    Where a trusted proxy names nobody who can be read, the address is the proxy's.
    """
    peer = read_address(str(environ.get("REMOTE_ADDR") or ""))
    if peer is None:
        return ""
    client = peer
    for named in named_from_the_right(environ):
        if not is_trusted(client):
            break
        address = read_address(named)
        if address is None:
            break
        client = address
    return str(client)


def sender(environ: Mapping[str, Any]) -> str:
    """Who counts as one where somebody may do something so often: an IPv4 address, or an IPv6 network of /64."""
    return grouped(client_address(environ))


@lru_cache(maxsize=4096)
def grouped(address: str) -> str:
    read = read_address(address)
    return str(IPv6Network((read, ONE_CUSTOMER), strict=False)) if isinstance(read, IPv6Address) else address


def named_from_the_right(environ: Mapping[str, Any]) -> Iterator[str]:
    """The addresses that the proxies' header names, the last one first."""
    header = ENVIRONMENT.proxy_header
    rest = str(environ.get(f"HTTP_{header.upper().replace('-', '_')}") or "")
    while rest:
        rest, _, last = rest.rpartition(",")
        yield named_by(last) if header == "Forwarded" else last


def named_by(element: str) -> str:
    """Whom an element of ``Forwarded`` names (RFC 7239); nothing if nobody."""
    found = QUOTED_OR_PLAIN.search(element)
    return (found[1] or found[2] or "") if found else ""


def is_trusted(address: IPAddress) -> bool:
    return any(address in network for network in ENVIRONMENT.proxy_networks)


def read_address(text: str) -> IPAddress | None:
    """An address, with or without a port; an IPv4 address that is written as an IPv6 one is the former.

    None for what is no address: ``unknown``, ``_hidden``, a name.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
