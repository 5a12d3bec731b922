"""gunicorn's parser and responses, with threads that nobody can hold up.

The main thread waits for all connections at once and gives one to a thread when a whole request has arrived, its body
included: who sends slowly, or nothing, occupies no thread. What a thread cannot send at once goes back to the main
thread in the same way. A thread that has answered stays with its connection for a moment, because most clients that
keep one send their next request right away, and handing connections to and fro costs more than reading a request.
"""

from __future__ import annotations

import os
import re
import select
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from io import BytesIO
from queue import SimpleQueue
from typing import Any, cast

import msgspec
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader
from gunicorn.http.wsgi import Response, create
from gunicorn.workers.base import Worker

from passwright.environment import read_environment

HEAD_WITHIN = 10.0
"""Seconds from a request's first byte, or from the connection's beginning, to the end of its head."""
SILENCE_MOST = 10.0
"""Seconds without a byte, of a body that is awaited or an answer that is taken."""
BODY_WITHIN = 120.0
UPLOAD_WITHIN = 1_800.0
"""Seconds for a bulk upload: a gibibyte at 5 Mbit/s."""
CLOSE_WITHIN = 2.0
"""Seconds in which what a client still sends is read away, so that it gets to see the answer (RFC 9112 section 9.6)."""
STAY = 0.05
"""Seconds for which a thread waits for the next request on its connection."""
STOPPING_LINGER = 2.0

HEAD_MOST = 64 * 1024
BODY_MOST = 4 * 1024 * 1024
"""A longer body is not waited for: the application refuses it by its length."""
HELD_MOST = 64 * 1024 * 1024
"""Bytes of all requests that have not arrived whole."""
READ_AT_ONCE = 64 * 1024
UPLOADS = 2
"""Threads for bulk uploads, which read what is sent while it comes. Who sends them slowly holds up other uploads, and
nobody else; who has no credentials is refused before anything is read."""

UPLOAD = re.compile(rb"POST +/+v[12]/+[^/? ]+/+[^/? ]+/+passes/+bulk(?:\.json)?/*[? ]")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
LAST_CHUNK = b"\r\n0\r\n\r\n"
BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")


REFUSALS = {
    400: "The request is malformed. Check its first line, its headers and their encoding.",
    403: "The request is not allowed through this proxy.",
    414: "The address is too long. Send less in its query.",
    417: "Only 100-continue may be expected. Leave the Expect header out.",
    431: "The headers are too long or too many. Send fewer.",
    500: "The server failed. Its operator finds the reason in the log.",
    501: "This transfer coding is not known. Send the body with a Content-Length header.",
}
"""What a request is answered that no application gets to see."""


class Unfinished(OSError):
    """The client has not sent all that it announced."""


class Connection:
    """A client's connection and what it has sent so far. It is the main thread's or one other thread's at a time."""

    __slots__ = (
        "aside",
        "chunked",
        "client",
        "ending",
        "expires",
        "needed",
        "number",
        "received",
        "server",
        "sock",
        "unsent",
        "uploads",
    )

    def __init__(self, sock: socket.socket, client: Any, server: Any, *, aside: bool = False) -> None:
        self.sock = sock
        self.client = client
        self.server = server
        self.aside = aside
        """It came in where only metrics and health are told."""
        self.received = bytearray()
        self.needed = 0
        """Bytes of the request that is arriving; 0 until its head has."""
        self.chunked = False
        self.uploads = False
        """What follows the head is too long to be waited for here, and is not refused: an upload thread reads it."""
        self.unsent: list[memoryview] = []
        self.ending = False
        self.number = 0
        self.expires = time.monotonic() + HEAD_WITHIN

    def receive(self) -> bool:
        """Read what is there; False at the end."""
        try:
            data = self.sock.recv(READ_AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.received += data
        return bool(data)

    def is_whole(self) -> bool:
        """Whether a request can be answered, or refused, without waiting for more."""
        if not self.needed:
            self.uploads = False
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return len(self.received) > HEAD_MOST or BARE_LINE_FEED.search(self.received) is not None
            length = LENGTH.search(self.received, 0, end + 2)
            body = int(length[1]) if length else 0
            self.needed = end + 4 + (body if body <= BODY_MOST else 0)
            self.chunked = CHUNKED.search(self.received, 0, end + 2) is not None
            self.uploads = (self.chunked or body > BODY_MOST) and UPLOAD.match(self.received) is not None
        if self.uploads:
            return True
        if self.chunked:
            size = len(self.received) - self.needed
            return self.received.find(LAST_CHUNK, self.needed - 2) >= 0 or size > BODY_MOST
        return len(self.received) >= self.needed

    def send(self) -> bool:
        """Send as much as goes; whether that was all."""
        while self.unsent:
            try:
                sent = self.sock.sendmsg(self.unsent)
            except BlockingIOError:
                return False
            while self.unsent and sent >= len(self.unsent[0]):
                sent -= len(self.unsent.pop(0))
            if sent:
                self.unsent[0] = self.unsent[0][sent:]
        return True

    def close(self) -> None:
        self.sock.close()


class Arrived(Unreader):
    """What has arrived of a request; the rest of a body that is too long to be kept is waited for, but not for ever."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.until = time.monotonic() + (UPLOAD_WITHIN if connection.uploads else BODY_WITHIN)
        self.waits = True

    def chunk(self, size_hint: int | None = None) -> bytes:
        received = self.connection.received
        if not received and self.waits:
            self.wait()
        elif not received:
            raise Unfinished
        data = bytes(received)
        received.clear()
        return data

    def wait(self) -> None:
        waiting = select.poll()
        waiting.register(self.connection.sock.fileno(), select.POLLIN)
        patience = min(SILENCE_MOST, self.until - time.monotonic())
        if patience <= 0 or not waiting.poll(patience * 1000):
            self.waits = False
            raise Unfinished
        self.connection.receive()


class WholeRequest(Request):
    """A request whose line may hold spaces in its query, as old clients write them."""

    def parse_request_line(self, line_bytes: bytes) -> None:
        method, _, rest = line_bytes.partition(b" ")
        target, _, version = rest.rpartition(b" ")
        if b"?" in target:
            line_bytes = b" ".join([method, target.replace(b" ", b"%20"), version])
        super().parse_request_line(line_bytes)


class Overheard:
    """In the place of a socket: what gunicorn would have sent on it."""

    def __init__(self) -> None:
        self.said = b""

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.said += data


def in_an_envelope(status: int) -> memoryview:
    """What the API's clients can read: they parse every refusal as JSON."""
    message = REFUSALS.get(status, REFUSALS[400])
    body = msgspec.json.encode(
        {"status_code": status, "error_code": 10000 + status, "message": message, "errors": {"base": message}}
    )
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return memoryview(head.encode() + body)


class Whole(Response):
    """An answer that is sent in one piece, with its length."""

    def __init__(self, req: Any, sock: Any, cfg: Any) -> None:
        super().__init__(req, sock, cfg)
        self.parts: list[bytes] = []

    def write(self, arg: bytes) -> None:
        self.parts.append(arg)

    def pieces(self) -> list[memoryview]:
        """Head and body as they go out."""
        body = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        if self._omits_body:  # type: ignore[attr-defined]  # the stubs lack it
            body = b""
        elif self.response_length is None:
            self.response_length = len(body)
            self.headers = [*self.headers, ("Content-Length", str(len(body)))]
        elif self.response_length != len(body):
            body = body[: self.response_length]
            self.force_close()
        self.chunked = False
        lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"]
        head = "".join(lines).encode("latin-1")
        return [memoryview(head), memoryview(body)] if body else [memoryview(head)]


class WebWorker(Worker):
    """The process that answers."""

    def init_process(self) -> None:
        self.poller = selectors.DefaultSelector()
        self.ready: SimpleQueue[Connection] = SimpleQueue()
        self.uploading: SimpleQueue[Connection] = SimpleQueue()
        self.calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.connections: set[Connection] = set()
        self.watched: set[Connection] = set()
        self.idle: set[int] = set()
        self.staying: set[int] = set()
        self.accepting = False
        self.drain_seconds = read_environment().drain_seconds
        self.main, self.wake = quiet_pipe()
        self.wanted, self.want = quiet_pipe()
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.alive = False
        nudge(self.wake)

    # The main thread.

    def run(self) -> None:
        for _ in range(self.cfg.threads):
            threading.Thread(target=self.serve, daemon=True).start()
        for _ in range(UPLOADS):
            threading.Thread(target=self.serve_uploads, daemon=True).start()
        self.poller.register(self.main, selectors.EVENT_READ, self.run_calls)
        while self.alive and self.ppid == os.getppid():
            self.accept_while_there_is_room()
            self.turn(1.0)
        self.alive = False
        self.go_on_for_a_while()
        self.stop()

    def turn(self, timeout: float) -> None:
        self.notify()
        for key, _ in self.poller.select(timeout):
            key.data()
        self.expire()

    def go_on_for_a_while(self) -> None:
        """Go on for a while, each answer the last on its connection, while ``/ready`` sends the balancer elsewhere."""
        until = time.monotonic() + self.drain_seconds
        while time.monotonic() < until and self.ppid == os.getppid():
            self.accept_while_there_is_room()
            self.turn(0.1)

    def stop(self) -> None:
        """Take no more connections, answer what arrives on those there are, and end."""
        self.set_accepting(False)
        for listener in self.sockets:
            listener.setblocking(False)
            while self.accept(listener):  # for the client, those that wait here are connected
                pass
            listener.close()
        now = time.monotonic()
        for connection in self.watched:
            connection.expires = min(connection.expires, now + STOPPING_LINGER)
        until = now + self.cfg.graceful_timeout - self.drain_seconds
        while self.connections and time.monotonic() < until:
            self.turn(0.1)

    def run_calls(self) -> None:
        drain(self.main)
        while not self.calls.empty():
            self.calls.get()()

    def accept_while_there_is_room(self) -> None:
        self.set_accepting(len(self.connections) < self.cfg.worker_connections)

    def set_accepting(self, wanted: bool) -> None:
        if wanted is self.accepting:
            return
        for listener in self.sockets:
            if wanted:
                listener.setblocking(False)
                self.poller.register(listener, selectors.EVENT_READ, partial(self.accept, listener))
            else:
                self.poller.unregister(listener)
        self.accepting = wanted

    def accept(self, listener: Any) -> bool:
        """Whether there was a connection."""
        try:
            sock, client = listener.accept()
        except OSError:  # gone again, or another process has it
            return False
        sock.setblocking(False)
        connection = Connection(sock, client, listener.getsockname(), aside=listener is not self.sockets[0])
        self.connections.add(connection)
        self.watch(connection, selectors.EVENT_READ, self.on_readable)
        return True

    def watch(self, connection: Connection, event: int, then: Callable[[Connection], None]) -> None:
        self.poller.register(connection.sock, event, partial(then, connection))
        self.watched.add(connection)

    def unwatch(self, connection: Connection) -> None:
        self.poller.unregister(connection.sock)
        self.watched.discard(connection)

    def on_readable(self, connection: Connection) -> None:
        began = not connection.received
        if not connection.receive() or self.holds_too_much(connection):
            self.drop(connection)
        elif connection.is_whole():
            self.unwatch(connection)
            self.to_a_thread(connection)
        else:
            self.grant_time(connection, began)

    def grant_time(self, connection: Connection, began: bool) -> None:
        """A head has its time from the first byte on, a body from each byte on."""
        now = time.monotonic()
        if connection.needed:
            connection.expires = now + SILENCE_MOST
        elif began:
            connection.expires = now + HEAD_WITHIN

    def holds_too_much(self, connection: Connection) -> bool:
        if len(connection.received) <= HEAD_MOST:
            return False
        return sum(len(each.received) for each in self.watched) > HELD_MOST

    def on_writable(self, connection: Connection) -> None:
        try:
            done = connection.send()
        except OSError:
            self.drop(connection)
            return
        connection.expires = time.monotonic() + SILENCE_MOST
        if done:
            self.unwatch(connection)
            self.settle(connection)

    def on_farewell(self, connection: Connection) -> None:
        if not connection.receive():
            self.drop(connection)
        connection.received.clear()

    def drop(self, connection: Connection) -> None:
        self.unwatch(connection)
        self.forget(connection)

    def forget(self, connection: Connection) -> None:
        self.connections.discard(connection)
        connection.close()

    def expire(self) -> None:
        now = time.monotonic()
        for connection in [each for each in self.watched if each.expires < now]:
            self.drop(connection)

    def settle(self, connection: Connection) -> None:
        """Go on with a connection that a thread has given back."""
        if connection.unsent:
            connection.expires = time.monotonic() + SILENCE_MOST
            self.watch(connection, selectors.EVENT_WRITE, self.on_writable)
        elif connection.ending:
            self.say_goodbye(connection)
        elif connection.received and connection.is_whole():
            self.to_a_thread(connection)
        else:
            patience = HEAD_WITHIN if connection.received else float(self.cfg.keepalive)
            connection.expires = time.monotonic() + (patience if self.alive else STOPPING_LINGER)
            self.watch(connection, selectors.EVENT_READ, self.on_readable)

    def say_goodbye(self, connection: Connection) -> None:
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.forget(connection)
            return
        connection.expires = time.monotonic() + CLOSE_WITHIN
        self.watch(connection, selectors.EVENT_READ, self.on_farewell)

    def to_a_thread(self, connection: Connection) -> None:
        if connection.uploads:
            self.uploading.put(connection)
            return
        self.ready.put(connection)
        if self.staying and self.ready.qsize() > len(self.idle):
            nudge(self.want)

    # The other threads.

    def serve(self) -> None:
        me = threading.get_ident()
        while True:
            self.idle.add(me)
            connection = self.ready.get()
            self.idle.discard(me)
            while self.answer(connection) and self.more_follows(connection):
                pass
            self.calls.put(partial(self.settle, connection))
            nudge(self.wake)

    def serve_uploads(self) -> None:
        while True:
            connection = self.uploading.get()
            self.answer(connection)
            self.calls.put(partial(self.settle, connection))
            nudge(self.wake)

    def more_follows(self, connection: Connection) -> bool:
        """Stay for the next request, unless somebody else's waits for a thread, or it is an upload."""
        if connection.received:
            return self.ready.empty() and connection.is_whole() and not connection.uploads
        waiting = select.poll()
        waiting.register(connection.sock.fileno(), select.POLLIN)
        waiting.register(self.wanted, select.POLLIN)
        me = threading.get_ident()
        self.staying.add(me)
        events = waiting.poll(STAY * 1000) if self.ready.empty() else []
        self.staying.discard(me)
        if any(place == self.wanted for place, _ in events):
            drain(self.wanted)
            return False
        if not events:
            return False
        connection.ending = not connection.receive()
        return not connection.ending and connection.is_whole() and not connection.uploads

    def answer(self, connection: Connection) -> bool:
        """Answer one request; whether the connection is ready for the next."""
        connection.number += 1
        connection.needed = 0
        request = None
        try:
            arrived = Arrived(connection)
            request = self.read_head(connection, arrived)
            connection.unsent = self.respond(connection, request)
            self.pass_over_body(connection, request, arrived)
            return connection.send() and not connection.ending
        except (OSError, StopIteration, NoMoreData):  # the client is gone
            connection.unsent, connection.ending = [], True
        except Exception as error:
            connection.unsent, connection.ending = [in_an_envelope(self.status_of(error, request, connection))], True
            with suppress(OSError):
                connection.send()
        return False

    def status_of(self, error: Exception, request: Request | None, connection: Connection) -> int:
        """gunicorn logs what went wrong and knows the status."""
        overheard = Overheard()
        self.handle_error(request, cast(Any, overheard), connection.client, error)
        status = re.match(rb"HTTP/1\.1 (\d{3}) ", overheard.said)
        return int(status[1]) if status else 500

    def read_head(self, connection: Connection, arrived: Arrived) -> Request:
        if len(connection.received) > HEAD_MOST and b"\r\n\r\n" not in connection.received:
            raise LimitRequestHeaders(f"more than {HEAD_MOST} bytes")
        request = WholeRequest(self.cfg, arrived, connection.client, connection.number)
        # No interim ``100 Continue``, after which some clients read nothing: they wait a second and send the body.
        request._expected_100_continue = False  # type: ignore[attr-defined]  # the stubs lack it
        return request

    def respond(self, connection: Connection, request: Request) -> list[memoryview]:
        """The application's whole answer."""
        made: Any = create(  # the stubs know no response_class
            request, connection.sock, connection.client, connection.server, self.cfg, response_class=Whole
        )
        response, environ = cast(tuple[Whole, dict[str, Any]], made)
        environ["wsgi.multithread"] = True
        environ["passwright.aside"] = connection.aside  # read, both, by interfaces.vital_signs
        environ["passwright.stopping"] = not self.alive
        if not connection.uploads:
            environ["passwright.longest_body"] = BODY_MOST  # read by interfaces.api.spool
            tell_length(environ)
        if not self.alive:
            response.force_close()
        application: Any = self.wsgi
        content: Iterable[bytes] = application(environ, response.start_response)
        try:
            response.parts.extend(content)
            pieces = response.pieces()
        finally:
            if hasattr(content, "close"):
                content.close()
        connection.ending = response.should_close()
        return pieces

    def pass_over_body(self, connection: Connection, request: Request, arrived: Arrived) -> None:
        """What the application left of the body is no request. If it has not arrived, the connection ends."""
        arrived.waits = False
        try:
            while request.body and request.body.read(READ_AT_ONCE):
                pass
        except Exception:
            connection.ending = True
        connection.received[:0] = arrived.take_buffered()


def tell_length(environ: dict[str, Any]) -> None:
    """A body in chunks, which has no length of its own, gets one: applications read as much as they are told."""
    if environ.pop("HTTP_TRANSFER_ENCODING", "").lower() != "chunked" or "CONTENT_LENGTH" in environ:
        return
    body = environ["wsgi.input"].read(BODY_MOST + 1)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)


def quiet_pipe() -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


def nudge(pipe: int) -> None:
    with suppress(BlockingIOError):  # full of nudges
        os.write(pipe, b"\0")


def drain(pipe: int) -> None:
    with suppress(BlockingIOError):  # another thread was first
        os.read(pipe, 4096)
