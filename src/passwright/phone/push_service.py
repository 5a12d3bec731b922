"""A simulated APNs on this machine: HTTP/2 over TLS with client certificates, as strict as Apple's and as mean.

>>> with PushService(client_authorities=root_pem) as service:  # doctest: +SKIP
...     service.add("6d" * 32, topic="pass.org.example.club", receive=phone.be_pushed)
...     service.misbehave(Mean.GOAWAY, times=1)

The platform reaches it by ``service.url`` and trusts ``service.root_pem``. It knows the tokens that were added, each
for one topic; with ``knows_all`` it takes any other token too. All methods may be called from any thread.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import queue
import re
import ssl
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

import msgspec
from cryptography import x509
from msgspec import Struct

from passwright.apple import certificate as certificates
from passwright.phone.push_connection import Answer, PushConnection, Request
from passwright.phone.tls import ServerIdentity, own_identity, server_context

log = logging.getLogger(__name__)

PATH = re.compile(r"/3/device/([^/?#]*)")
TOKEN = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
LARGEST_BODY = 4096
CONCURRENT_STREAMS = 1000
"""As many as Apple's servers allow."""

PUSH_TYPES = ("alert", "background")
START_SECONDS = 10.0


class Mean(StrEnum):
    """In which ways it can be mean to the next push."""

    UNREGISTERED = "unregistered"
    EXPIRED_TOKEN = "expired-token"
    BAD_DEVICE_TOKEN = "bad-device-token"
    NOT_FOR_TOPIC = "not-for-topic"
    BAD_CERTIFICATE = "bad-certificate"
    TOO_MANY_REQUESTS = "too-many-requests"
    INTERNAL_SERVER_ERROR = "internal-server-error"
    SERVICE_UNAVAILABLE = "service-unavailable"
    SHUTDOWN = "shutdown"
    """503 with Apple's reason for a server that is about to stop."""
    GOAWAY = "goaway"
    """The request and all after it on this connection were not looked at."""
    RESET_STREAM = "reset-stream"
    CUT = "cut"
    """The connection ends without a word."""
    SLOW = "slow"
    """The push arrives and is answered, a second late."""
    LOST_ANSWER = "lost-answer"
    """The push arrives, and the connection ends before it is answered."""


SLOW_SECONDS = 1.0

REFUSALS = {
    Mean.UNREGISTERED: (410, "Unregistered"),
    Mean.EXPIRED_TOKEN: (410, "ExpiredToken"),
    Mean.BAD_DEVICE_TOKEN: (400, "BadDeviceToken"),
    Mean.NOT_FOR_TOPIC: (400, "DeviceTokenNotForTopic"),
    Mean.BAD_CERTIFICATE: (403, "BadCertificate"),
    Mean.TOO_MANY_REQUESTS: (429, "TooManyRequests"),
    Mean.INTERNAL_SERVER_ERROR: (500, "InternalServerError"),
    Mean.SERVICE_UNAVAILABLE: (503, "ServiceUnavailable"),
    Mean.SHUTDOWN: (503, "Shutdown"),
}


class Push(Struct, frozen=True, kw_only=True):
    """One that was accepted."""

    token: str
    topic: str
    apns_id: str
    at: datetime

    def __repr__(self) -> str:
        return f"Push({self.topic!r}, {self.apns_id!r})"


class Outcome(Struct, frozen=True, kw_only=True):
    """Any request and what became of it: status 0 where there was no answer."""

    token: str
    topic: str
    status: int
    reason: str
    at: datetime

    def __repr__(self) -> str:
        return f"Outcome({self.topic!r}, {self.status} {self.reason})"


Receive = Callable[[Push], None]


class CannotListen(OSError):
    """``taken``: something else listens there."""

    def __init__(self, address: str, reason: OSError | None) -> None:
        said = os.strerror(reason.errno) if reason and reason.errno and reason.errno > 0 else str(reason or "too slow")
        super().__init__(f"The simulated push service cannot listen at {address}: {said}.")
        self.taken = reason is not None and reason.errno == errno.EADDRINUSE


class PushService:
    """Use it as a context manager: it listens inside the block, and its connections end with it."""

    def __init__(
        self,
        *,
        client_authorities: bytes,
        identity: ServerIdentity | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        knows_all: bool = False,
        concurrent_streams: int = CONCURRENT_STREAMS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.now = now
        self.identity = identity or own_identity(now())
        self.host, self.port = host, port
        self.knows_all = knows_all
        self.concurrent_streams = concurrent_streams
        self.pushes: list[Push] = []
        self.outcomes: list[Outcome] = []
        self.always: Mean | None = None
        """To every push that is not told otherwise."""
        self.connections_made = 0
        self._context = server_context(self.identity, client_authorities)
        self._topics: dict[str, tuple[str, Receive | None]] = {}
        self._gone: dict[str, datetime] = {}
        self._next: deque[Mean] = deque()
        self._by_token: dict[str, Mean] = {}
        self._lock = threading.Lock()
        self._open: set[PushConnection] = set()
        self._received: queue.SimpleQueue[tuple[Receive, Push] | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._failure: OSError | None = None
        self._threads: list[threading.Thread] = []

    def __repr__(self) -> str:
        return f"PushService({self.url!r})"

    @property
    def url(self) -> str:
        """For PASSWRIGHT_APNS_URL."""
        return f"https://{self._address}"

    @property
    def _address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def root_pem(self) -> bytes:
        """For the file that PASSWRIGHT_APNS_CA names."""
        return self.identity.root_pem

    def write_root(self, file: Path) -> Path:
        file.write_bytes(self.root_pem)
        return file

    # Whom it knows

    def add(self, token: str, *, topic: str, receive: Receive | None = None) -> None:
        """Know a push token. ``receive`` is called for each push, in a thread kept for that."""
        with self._lock:
            self._gone.pop(token.lower(), None)
            self._topics[token.lower()] = (topic, receive)

    def remove(self, token: str, *, since: datetime | None = None) -> None:
        """From now on pushes to it are answered with 410 and the time since when it is gone."""
        with self._lock:
            self._gone[token.lower()] = since or self.now()

    def misbehave(self, how: Mean, *, token: str | None = None, times: int = 1) -> None:
        """To the next ``times`` pushes, or to all of one token until `behave`."""
        with self._lock:
            if token is None:
                self._next.extend([how] * times)
            else:
                self._by_token[token.lower()] = how

    def behave(self, token: str | None = None) -> None:
        """Be mean no more: to one token, or to anybody."""
        with self._lock:
            if token is not None:
                self._by_token.pop(token.lower(), None)
            else:
                self.always = None
                self._next.clear()
                self._by_token.clear()

    def go_away(self) -> None:
        """Close all connections as a server does that is about to be replaced: what is not answered was not seen."""
        self._loop.call_soon_threadsafe(self._to_all, PushConnection.go_away)

    def cut(self) -> None:
        """All connections end without a word."""
        self._loop.call_soon_threadsafe(self._to_all, PushConnection.cut)

    def _to_all(self, what: Callable[[PushConnection], None]) -> None:
        for connection in list(self._open):
            what(connection)

    def pushes_to(self, token: str) -> list[Push]:
        return [push for push in list(self.pushes) if push.token == token.lower()]

    # Its life

    def __enter__(self) -> Self:
        listening = threading.Event()
        self._threads = [
            threading.Thread(target=self._serve, args=(listening,), name="simulated APNs", daemon=True),
            threading.Thread(target=self._hand_over, name="simulated pushes", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        if not listening.wait(START_SECONDS) or self._server is None:
            raise CannotListen(self._address, self._failure)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._received.put(None)
        for thread in self._threads:
            thread.join(START_SECONDS)

    def _serve(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._server = self._loop.run_until_complete(self._listen())
        except OSError as error:
            self._failure = error
            return
        finally:
            listening.set()
        self._loop.run_forever()
        self._server.close()
        for connection in list(self._open):
            connection.cut()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        server = await self._loop.create_server(
            lambda: PushConnection(self), self.host, self.port, ssl=self._context, backlog=512
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def _hand_over(self) -> None:
        while (received := self._received.get()) is not None:
            receive, push = received
            try:
                receive(push)
            except Exception:  # the next push is for another phone
                log.exception("a push was not taken")

    # What a connection asks

    def opened(self, connection: PushConnection) -> None:
        self.connections_made += 1
        self._open.add(connection)

    def closed(self, connection: PushConnection) -> None:
        self._open.discard(connection)

    def topics_of(self, transport_security: ssl.SSLObject) -> Sequence[str]:
        """What the client's certificate may push to: its UID, if it is a pass type certificate."""
        shown = transport_security.getpeercert(binary_form=True)
        assert shown, "the context asks every client for a certificate"
        try:
            return [certificates.identity(x509.load_der_x509_certificate(shown)).pass_type_identifier]
        except certificates.WrongCertificate:
            return []

    def answer(self, request: Request, topics: Sequence[str]) -> Answer:
        """What one push gets. Runs in the loop's thread."""
        found = PATH.fullmatch(request.path)
        token = found[1].lower() if found else ""
        with self._lock:
            how = self._how(token)
            answer = refusal_of_form(request, topics, token, found is not None) or self._decide(token, request, how)
        pushed = answer.status == 200 or how is Mean.LOST_ANSWER
        at = self.now()
        if pushed:
            self._accept(token, request.topic, answer.apns_id, at)
        reason = answer.reason if answer.status else str(how)
        self.outcomes.append(Outcome(token=token, topic=request.topic, status=answer.status, reason=reason, at=at))
        return answer

    def _how(self, token: str) -> Mean | None:
        return self._by_token.get(token) or (self._next.popleft() if self._next else self.always)

    def _decide(self, token: str, request: Request, how: Mean | None) -> Answer:
        apns_id = request.apns_id or str(uuid.uuid4()).upper()
        if how in REFUSALS:
            status, reason = REFUSALS[how]
            return refused(status, reason, apns_id, since=self._gone.get(token) or self.now())
        if how is not None and how is not Mean.SLOW:
            return Answer(status=0, apns_id=apns_id, instead=INSTEAD[how])
        if token in self._gone:
            return refused(410, "Unregistered", apns_id, since=self._gone[token])
        if token not in self._topics:
            if not self.knows_all:
                return refused(400, "BadDeviceToken", apns_id)
        elif self._topics[token][0] != request.topic:
            return refused(400, "DeviceTokenNotForTopic", apns_id)
        return Answer(status=200, apns_id=apns_id, delay=SLOW_SECONDS if how is Mean.SLOW else 0.0)

    def _accept(self, token: str, topic: str, apns_id: str, at: datetime) -> None:
        push = Push(token=token, topic=topic, apns_id=apns_id, at=at)
        self.pushes.append(push)
        receive = self._topics[token][1] if token in self._topics else None
        if receive is not None:
            self._received.put((receive, push))


INSTEAD: dict[Mean, Callable[[PushConnection, int], None]] = {
    Mean.GOAWAY: PushConnection.refuse_and_go_away,
    Mean.RESET_STREAM: PushConnection.reset,
    Mean.CUT: PushConnection.cut,
    Mean.LOST_ANSWER: PushConnection.cut,
}


def refused(status: int, reason: str, apns_id: str, since: datetime | None = None) -> Answer:
    """With the body that Apple sends; ``timestamp`` (milliseconds) is part of a 410 only."""
    body: dict[str, object] = {"reason": reason}
    if status == 410 and since is not None:
        body["timestamp"] = int(since.timestamp() * 1000)
    return Answer(status=status, reason=reason, apns_id=apns_id, body=msgspec.json.encode(body))


def refusal_of_form(request: Request, topics: Sequence[str], token: str, path_fits: bool) -> Answer | None:
    """What is wrong with the request itself, whoever it is for; in the order in which Apple looks."""
    apns_id = request.apns_id or str(uuid.uuid4()).upper()
    checks = (
        (not path_fits, 404, "BadPath"),
        (request.method != "POST", 405, "MethodNotAllowed"),
        (not topics, 403, "BadCertificate"),
        (bool(request.apns_id) and not is_uuid(request.apns_id), 400, "BadMessageId"),
        (not request.topic, 400, "MissingTopic"),
        (not request.topic.startswith("pass."), 400, "BadTopic"),
        (request.topic not in topics, 400, "TopicDisallowed"),
        (not token, 400, "MissingDeviceToken"),
        (not TOKEN.fullmatch(token), 400, "BadDeviceToken"),
        (request.push_type not in ("", *PUSH_TYPES), 400, "InvalidPushType"),
        (request.priority not in ("", "1", "5", "10"), 400, "BadPriority"),
        (request.push_type == "background" and request.priority == "10", 400, "BadPriority"),
        (len(request.body) > LARGEST_BODY, 413, "PayloadTooLarge"),
        (not request.body, 400, "PayloadEmpty"),
        (not is_object(request.body), 400, "BadPayload"),
    )
    for wrong, status, reason in checks:
        if wrong:
            return refused(status, reason, apns_id)
    return None


def is_uuid(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text))


def is_object(body: bytes) -> bool:
    if body == b"{}":
        return True
    try:
        return isinstance(msgspec.json.decode(body), dict)
    except msgspec.DecodeError:
        return False
