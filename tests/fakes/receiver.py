"""A receiver of webhooks on this machine: it takes down what it gets, and it can be mean."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct


class Got(Struct, frozen=True):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """``mood`` answers a call; `answering` makes the usual ones."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.mood: Callable[[BaseHTTPRequestHandler], None] = answering(200)
        self.lock = threading.Lock()
        self.inside = self.most_inside = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"

    def url(self, path: str = "/hooks") -> str:
        return f"http://{self.host}{path}"

    def events(self) -> list[str]:
        return [each.json["event"] for each in self.got]


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with receiver.lock:
                receiver.got.append(Got(self.path, {name.lower(): word for name, word in self.headers.items()}, body))
                receiver.inside += 1
                receiver.most_inside = max(receiver.most_inside, receiver.inside)
            try:
                receiver.mood(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                with receiver.lock:
                    receiver.inside -= 1

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    return Handler


def answering(
    status: int, body: bytes = b"ok", *, after: float = 0, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(after)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, word in headers.items():
            handler.send_header(name, word)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def dripping_head(handler: BaseHTTPRequestHandler) -> None:
    """A byte of the head at a time, for ever: no single read takes long."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"a")
        time.sleep(0.05)


def dripping_body(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        handler.wfile.write(b"a")
        time.sleep(0.05)


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
