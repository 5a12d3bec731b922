"""The door to other people's servers: what is sent to an address that a user wrote down.

Such an address may lead anywhere, into our own network too. So it is looked at twice: when it is written down
(`fault_of`), and, because names can change what they mean, whenever it is called: the name is resolved once, the
address that came of it is checked, and that address is connected to. No proxy of the environment is used and no
redirect is followed. Whom the operator names in ``PASSWRIGHT_WEBHOOK_HOSTS`` may be private.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, cast
from unicodedata import normalize
from urllib.parse import urlsplit

import requests
import urllib3
from msgspec import Struct
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout, InvalidURL, ReadTimeout, RequestException, SSLError
from requests_hardened.ip_filter import (  # type: ignore[import-untyped]
    EXTRA_BLOCKED_NET_RANGES,
    InvalidIPAddress,
)
from requests_hardened.ip_filter_adapter import IPFilterAdapter  # type: ignore[import-untyped]
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from passwright.settings import ENVIRONMENT

HOSTS = ENVIRONMENT.allowed_webhook_hosts
"""``host`` or ``host:port``, which may be private and be spoken to without TLS."""
NEEDS_TLS = ENVIRONMENT.env == "production"

CONNECT_SECONDS = 5.0
SECONDS = 15.0
"""For everything after the name is resolved, to the end of the answer's head."""
BODY_SECONDS = 2.0
"""For the part of the answer's body that is kept."""
MOST_ANSWER = 1024
"""Bytes of it."""

PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Domains that are somebody's own (RFC 6761, 6762, 8375, and ICANN's ``internal``)."""

DEFAULT_PORTS = {"http": 80, "https": 443}


class Answer(Struct, frozen=True, kw_only=True):
    """What came of a call. ``status`` is None if there was no answer; ``error`` says what went wrong, if anything."""

    status: int | None = None
    error: str | None = None
    text: str | None = None
    retry_after: timedelta | None = None
    """When the receiver wants to be asked again, as it said (RFC 9110, 10.2.3)."""

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def fault_of(url: str) -> str | None:
    """What keeps us from ever calling an address, as the end of a sentence; None if nothing does.

    No name is resolved here: what it means is checked whenever it is called.
    """
    if not url.isprintable() or " " in url or "\\" in url:
        return "must be an http or https address"
    try:
        called = requests.Request("POST", url).prepare().url or ""
        parts = urlsplit(called)
        host, port = parts.hostname or "", parts.port
    except (RequestException, ValueError):
        return "must be an http or https address"
    if parts.scheme not in DEFAULT_PORTS or not host or 0 in (port, urlsplit(url).port):
        return "must be an http or https address"
    if "@" in parts.netloc or "@" in urlsplit(url).netloc:
        return "must not contain a user name or password"
    if is_allowed(host, port, parts.scheme):
        return None
    if NEEDS_TLS and parts.scheme != "https":
        return "must be an https address"
    return None if is_public_name(host) else "must not be a private address"


def is_allowed(host: str, port: int | None, scheme: str) -> bool:
    """Whether the operator vouches for it."""
    host = host.strip("[]").rstrip(".").lower()
    return host in HOSTS or f"{host}:{port or DEFAULT_PORTS.get(scheme)}" in HOSTS


def is_public_name(host: str) -> bool:
    """Whether a host can be called for all that is known without resolving it: names can, private addresses cannot,
    however they are spelled.

    >>> [is_public_name(host) for host in ("example.org", "127.0.0.1", "0x7f.1", "localhost.", "[::ffff:10.0.0.1]")]
    [True, False, False, False, False]
    """
    plain = normalize("NFKC", host).strip("[]").rstrip(".").lower()
    if (address := address_in(plain)) is not None:
        return is_public(address)
    return bool(plain) and not any(plain == name or plain.endswith(f".{name}") for name in PRIVATE_NAMES)


def address_in(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, also in the decimal, octal and hexadecimal spellings that resolvers understand."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the internet: not private, loopback, link-local, multicast, reserved, or a way
    around these (IPv4 within IPv6, translation)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local:
            return False
    if any(address in network for network in EXTRA_BLOCKED_NET_RANGES):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class Until(io.RawIOBase):
    """Bytes of a connection until this thread's deadline, however slowly they drip."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self.raw = raw
        self.connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = here.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.connection.settimeout(left)
        return cast(int, self.raw.readinto(buffer))

    def close(self) -> None:
        self.raw.close()
        super().close()


class Head(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(Until(self.fp.detach(), sock))


class PlainConnection(HTTPConnection):
    response_class = Head


class TlsConnection(HTTPSConnection):
    response_class = Head


class PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsConnection


class Guarded(IPFilterAdapter):  # type: ignore[misc]
    """Connects to public addresses alone, and to hosts that the operator vouches for."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        as_written = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
        written: Mapping[str, Any] = as_written[0]
        if is_allowed(written["host"], written["port"], written["scheme"]):
            return as_written
        if NEEDS_TLS and written["scheme"] != "https":
            raise InvalidURL("must be an https address")
        resolved: tuple[Any, Any] = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ip_address(resolved[0]["host"].strip("[]"))
        if not is_public(address):
            raise InvalidIPAddress(address)
        return resolved


class Here(threading.local):
    """What a thread that calls out has for itself."""

    def __init__(self) -> None:
        self.deadline = 0.0
        self.session = new_session()


def new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxies, no .netrc
    session.headers.clear()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", Guarded(is_https_proto=False))
    session.mount("https://", Guarded(is_https_proto=True))
    return session


here = Here()


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send the body and say what came of it, whatever the receiver does; it takes `SECONDS` and the name's resolving.

    It raises nothing that a receiver can bring about.
    """
    here.deadline = time.monotonic() + SECONDS
    try:
        with here.session.post(
            url,
            data=body,
            headers={"Accept": "*/*", "Accept-Encoding": "identity", **headers},
            timeout=(CONNECT_SECONDS, SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            here.deadline = min(here.deadline, time.monotonic() + BODY_SECONDS)
            return Answer(
                status=response.status_code,
                error=error_of(response),
                text=beginning(response),
                retry_after=retry_after(response.headers.get("Retry-After", ""), now=datetime.now(UTC)),
            )
    except (RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        return Answer(error=reason_of(error))


def error_of(response: requests.Response) -> str | None:
    status = response.status_code
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"The receiver answered {status}. Redirects are not followed: write down the address itself."
    return f"The receiver answered {status}."


def retry_after(header: str, *, now: datetime) -> timedelta | None:
    """Seconds, or a date of HTTP's; None for anything else.

    >>> now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> [str(retry_after(header, now=now)) for header in ("120", "Sun, 22 Nov 2026 12:01:00 GMT", "-1", "soon")]
    ['0:02:00', '0:01:00', 'None', 'None']
    """
    header = header.strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return timedelta(seconds=int(header))
    try:
        at = parsedate_to_datetime(header)
        return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta(0))
    except (ValueError, TypeError, IndexError, OverflowError):  # strangers write it
        return None


def beginning(response: requests.Response) -> str:
    """Of the answer's body. What it is matters only to who reads the log: should it not come, that is no failure."""
    try:
        read = response.raw.read(MOST_ANSWER, decode_content=False)
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError):
        return ""
    return bytes(read).decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def reason_of(error: Exception) -> str:
    """A sentence for the log that people read; it tells nothing of our own network."""
    match error:
        case InvalidIPAddress():
            return "The address is private, and such addresses are not called."
        case InvalidURL():
            return "The address cannot be called: it must be a public https address."
        case ConnectTimeout():
            return f"There was no connection within {CONNECT_SECONDS:g} seconds."
        case ReadTimeout() | TimeoutError():
            return f"There was no answer within {SECONDS:g} seconds."
        case SSLError():
            return "There was no TLS connection: the certificate or the protocol does not fit."
        case requests.ConnectionError() if "resolve" in str(error):
            return "The host's name is not known."
        case requests.ConnectionError():
            return "The connection was refused or broke off."
    return "The receiver did not speak HTTP, or its name cannot be one."
