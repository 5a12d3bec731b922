"""The only door to the network.

`Http2Line` carries many small requests to one service with one client certificate, over HTTP/2 (libcurl): what a push
is. Each line has connections of its own, so one that hangs, or whose certificate is refused, holds up no other.
`post_json` asks the push services of other wallets, a request at a time.

Addresses hold push tokens: nothing of a request is ever in a log, an error or a repr.
"""

from __future__ import annotations

import select
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pycurl
from certifi import where as public_roots
from msgspec import Struct

STREAMS = 500
"""Requests of a line that are on their way at once. More made nothing faster; a service that allows fewer gets fewer
(``SETTINGS_MAX_CONCURRENT_STREAMS``, which libcurl heeds once it has been told)."""

CONNECTIONS = 1
"""Of a line. Should it be about to go away, libcurl opens the next."""

SECONDS = 10.0
"""What an answer may take, the connection included."""

TRIES = 4
"""A request whose connection or stream ended before it was answered is sent again so often, in all."""

KEEP_SECONDS = 3600
"""Without traffic. Apple wants connections kept."""

LONGEST_BODY = 64 * 1024
"""Of an answer; what follows is dropped."""


class Failure(StrEnum):
    """Why there is no answer. ``unreachable`` and ``certificate`` are those of a line, not of one request: then all
    its requests fail so. ``certificate``: the client's was refused."""

    LATE = "late"
    BROKEN = "broken"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"


class Answer(NamedTuple):
    """To the request with this ticket. With a failure the status is 0; ``explanation`` is libcurl's then. ``name``: the
    header that the line reads."""

    ticket: Any
    status: int
    body: bytes
    name: str = ""
    failure: Failure | None = None
    explanation: str = ""


class ClientCertificate(Struct, frozen=True):
    """Leaf and intermediates, and the key, in PEM."""

    chain_pem: bytes
    key_pem: bytes

    def __repr__(self) -> str:
        return "ClientCertificate()"


class Request:
    """On its way, or waiting for its way."""

    __slots__ = ("path", "since", "ticket", "tries")

    def __init__(self, ticket: Any, path: str, since: float) -> None:
        self.ticket = ticket
        self.path = path
        self.since = since
        self.tries = 0


HTTP2_STREAM = 92
"""CURLE_HTTP2_STREAM, for which pycurl has no name."""

BROKEN = frozenset(
    {
        pycurl.E_SEND_ERROR,
        pycurl.E_RECV_ERROR,
        pycurl.E_GOT_NOTHING,
        pycurl.E_HTTP2,
        HTTP2_STREAM,
        pycurl.E_PARTIAL_FILE,
    }
)
"""The connection or the stream was there and ended. Whether the request had arrived nobody knows."""

OWN_CERTIFICATE = frozenset({pycurl.E_SSL_CERTPROBLEM})


class Http2Line:
    """Requests ``POST url + path`` to one service. Not for several threads at once.

    ``headers`` are sent with each request, and of each answer the one called ``named_by`` (in small letters) is read:
    to give each request a header of its own instead would cost a fifth of all. ``roots``: a file with the certificates
    of those whom the service may be vouched for by.
    """

    def __init__(
        self,
        *,
        url: str,
        certificate: ClientCertificate,
        headers: Sequence[str],
        body: str,
        named_by: str,
        roots: str,
        streams: int = STREAMS,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.certificate = certificate
        self.headers = [*headers, "Accept:", "Content-Type:"]
        self.body = body
        self.name_starts = f"{named_by}:".encode()
        self.roots = roots
        self.streams = streams
        self.seconds = seconds
        self.clock = clock
        self.used_at = self.answered_at = clock()
        self.proven = False
        """Whether the connection has brought an answer. Until then one request is risked: a service that allows few
        at a time has not said so yet, and one that does not want the certificate refuses one and not hundreds."""
        self.free: list[Any] = []
        self.sent: dict[Any, Request] = {}
        self.queue: deque[Request] = deque()
        self.multi: Any = new_multi(streams)

    def __repr__(self) -> str:
        return f"Http2Line({self.url!r})"

    @property
    def waiting(self) -> int:
        """Requests without an answer."""
        return len(self.sent) + len(self.queue)

    def post(self, ticket: Any, path: str) -> None:
        """Ask for ``path`` when there is room; `turn` has the answer, with ``ticket``, some time."""
        self.queue.append(Request(ticket, path, self.clock()))

    def turn(self) -> list[Answer]:
        """Send and receive what can be without waiting; the answers that have come."""
        self.used_at = self.clock()
        answers: list[Answer] = []
        self.feed(answers)
        self.multi.perform()
        while True:
            left, good, bad = self.multi.info_read()
            for handle in good:
                name = self.name_of(handle)
                body = taken(handle.body) if handle.body else b""
                answers.append(Answer(self.back(handle).ticket, handle.getinfo(pycurl.RESPONSE_CODE), body, name))
            if good:
                self.answered_at, self.proven = self.used_at, True
            for handle, number, text in bad:
                if handle in self.sent:
                    self.failed(self.back(handle), number, text, answers)
            if not left:
                break
        self.feed(answers)
        return answers

    def feed(self, answers: list[Answer]) -> None:
        """Send on what has room. What has waited too long for it is answered by that."""
        sent, queue, too_late = self.sent, self.queue, self.used_at - self.seconds
        room = self.streams if self.proven else 1
        while queue and len(sent) < room:
            request = queue.popleft()
            request.tries += 1
            if request.since < too_late:
                answers.append(Answer(request.ticket, 0, b"", "", Failure.LATE, "not sent in time"))
                continue
            handle = self.free.pop() if self.free else self.new_handle()
            handle.setopt(pycurl.URL, self.url + request.path)
            sent[handle] = request
            self.multi.add_handle(handle)

    def name_of(self, handle: Any) -> str:
        for line in handle.head:
            if line.startswith(self.name_starts):
                return str(line[len(self.name_starts) :], "latin-1").strip()
        return ""

    def back(self, handle: Any) -> Request:
        self.multi.remove_handle(handle)
        handle.head.clear()
        self.free.append(handle)
        return self.sent.pop(handle)

    def failed(self, request: Request, number: int, text: str, answers: list[Answer]) -> None:
        """Send it again if that may help; otherwise it is answered by its failure, and maybe all others are too."""
        failure = failure_of(number, text)
        if failure is Failure.BROKEN and request.tries < TRIES and self.clock() - request.since < self.seconds:
            self.proven = False
            self.queue.appendleft(request)
            return
        if failure is Failure.BROKEN and not self.proven and self.answered_at < request.since:
            failure = Failure.UNREACHABLE  # connection after connection ended without a word
        self.proven = False
        explanation = f"curl {number}: {text}"[:200]
        answers.append(Answer(request.ticket, 0, b"", "", failure, explanation))
        if failure in (Failure.UNREACHABLE, Failure.CERTIFICATE):
            answers += [Answer(other.ticket, 0, b"", "", failure, explanation) for other in self.hang_up()]
        elif failure is Failure.LATE and self.answered_at < request.since:
            # Nobody has heard anything since: a connection that is dead without a word would swallow all that follow.
            self.queue.extendleft(self.hang_up())

    def hang_up(self) -> list[Request]:
        """End the connections; what was on its way or waiting."""
        left = [*self.sent.values(), *self.queue]
        self.close()
        self.queue.clear()
        self.multi = new_multi(self.streams)
        return left

    def close(self) -> None:
        """Let go of the connections and of whatever waits."""
        for handle in [*self.sent]:
            self.back(handle)
        self.multi.close()

    def new_handle(self) -> Any:
        handle = pycurl.Curl()
        handle.head, handle.body = [], []
        options: dict[int, Any] = {
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
            pycurl.PIPEWAIT: 1,
            pycurl.SSLCERT_BLOB: self.certificate.chain_pem,
            pycurl.SSLKEY_BLOB: self.certificate.key_pem,
            pycurl.CAINFO: self.roots,
            pycurl.POST: 1,
            pycurl.POSTFIELDS: self.body,
            pycurl.HTTPHEADER: self.headers,
            pycurl.NOSIGNAL: 1,
            pycurl.TIMEOUT_MS: int(self.seconds * 1000),
            pycurl.MAXAGE_CONN: KEEP_SECONDS,
            pycurl.TCP_KEEPALIVE: 1,
            pycurl.HEADERFUNCTION: handle.head.append,
            pycurl.WRITEFUNCTION: handle.body.append,
        }
        for option, value in options.items():
            handle.setopt(option, value)
        return handle


def new_multi(streams: int) -> Any:
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
    multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, CONNECTIONS)
    multi.setopt(pycurl.M_MAX_CONCURRENT_STREAMS, streams)
    return multi


def taken(parts: list[bytes]) -> bytes:
    """The body that came in parts; the list is empty afterwards."""
    body = b"".join(parts)[:LONGEST_BODY]
    parts.clear()
    return body


def failure_of(number: int, text: str) -> Failure:
    """What libcurl's error means. A server that does not want the client's certificate says so in a TLS alert, with
    TLS 1.3 only after the client has taken the connection for made."""
    if number in OWN_CERTIFICATE or is_alert(text):
        return Failure.CERTIFICATE
    if number == pycurl.E_OPERATION_TIMEDOUT:
        return Failure.LATE
    return Failure.BROKEN if number in BROKEN else Failure.UNREACHABLE


def is_alert(text: str) -> bool:
    words = text.lower()
    return "alert" in words and any(said in words for said in ("certificate", "unknown ca", "access denied"))


def wait_for(lines: Iterable[Http2Line], seconds: float) -> None:
    """Until one of the lines has something to do, the time is over, or (of several) it is worth a look."""
    busy = [line for line in lines if line.waiting]
    if len(busy) == 1:
        if busy[0].multi.select(seconds) < 0:  # nothing to wait for yet: a name is being looked up, say
            time.sleep(min(seconds, LOOK_SECONDS))
        return
    poll = select.poll()
    for line in busy:
        readable, writable, _ = line.multi.fdset()
        for descriptor in {*readable, *writable}:
            events = select.POLLIN if descriptor in readable else 0
            poll.register(descriptor, events | (select.POLLOUT if descriptor in writable else 0))
    poll.poll(min(seconds, LOOK_SECONDS) * 1000)


LOOK_SECONDS = 0.02
"""Several lines cannot be waited for as one can: a name being looked up, say, is no descriptor."""


@cache
def roots_with(extra: Path | None) -> str:
    """A file with the roots that the public trusts, and those in ``extra`` (PEM).

    Raises:
        OSError: if it cannot be read.
    """
    public = public_roots()
    if extra is None:
        return public
    return roots_in(Path(public).read_bytes() + b"\n" + extra.read_bytes())


@cache
def roots_in(pem: bytes) -> str:
    """A file with these roots alone."""
    file = tempfile.NamedTemporaryFile(prefix="passwright-roots-", suffix=".pem")  # noqa: SIM115 - as long as we live
    file.write(pem)
    file.flush()
    KEPT.append(file)
    return file.name


KEPT: list[Any] = []


class Said(Struct, frozen=True):
    """What a service answered. ``retry_after`` in seconds."""

    status: int
    body: bytes
    retry_after: float | None = None


class Unreachable(Exception):
    """The service gave no answer. The text is the kind of failure and holds nothing of the request."""


def post_json(url: str, *, body: bytes, headers: Mapping[str, str], roots: str, seconds: float = SECONDS) -> Said:
    """One request with a JSON body. ``seconds`` are for all of it; redirects are not followed.

    Raises:
        Unreachable: if there is no answer.
    """
    lines: list[bytes] = []
    heard: list[bytes] = []
    handle = pycurl.Curl()
    options: dict[int, Any] = {
        pycurl.URL: url,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.CAINFO: roots,
        pycurl.POSTFIELDS: body,
        pycurl.HTTPHEADER: ["Content-Type: application/json", *(f"{name}: {headers[name]}" for name in headers)],
        pycurl.NOSIGNAL: 1,
        pycurl.TIMEOUT_MS: int(seconds * 1000),
        pycurl.HEADERFUNCTION: lines.append,
        pycurl.WRITEFUNCTION: heard.append,
        pycurl.MAXFILESIZE: LONGEST_BODY,
    }
    try:
        for option, value in options.items():
            handle.setopt(option, value)
        handle.perform()
        return Said(handle.getinfo(pycurl.RESPONSE_CODE), b"".join(heard), retry_after(lines))
    except (pycurl.error, UnicodeEncodeError) as error:
        raise Unreachable(f"curl {error.args[0]}" if isinstance(error, pycurl.error) else "no address") from None
    finally:
        handle.close()


def retry_after(lines: Iterable[bytes]) -> float | None:
    """Seconds; None also for a date, which nobody who is asked sends."""
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        text = value.strip()
        if name.lower() == "retry-after" and text.isascii() and text.isdigit() and len(text) < 8:
            return float(text)
    return None
