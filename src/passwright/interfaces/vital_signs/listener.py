"""The vital signs of a worker, which answers nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
from django.db import connections

from passwright.interfaces.vital_signs.answers import Environ
from passwright.interfaces.vital_signs.application import PLACES, answer

log = structlog.get_logger(__name__)

CLIENT_SECONDS = 10.0
"""How long a client may stand still."""


class Listener(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Without the question for the host's full name, which takes seconds where nobody answers it."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.warning("vital_signs_not_told")


class Listener6(Listener):
    address_family = socket.AF_INET6


class Conversation(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, *arguments: Any) -> None:
        """Nothing: whoever watches comes every few seconds."""


@contextmanager
def telling(address: str, *, stopping: Callable[[], bool]) -> Iterator[None]:
    """The vital signs of this process at ``host:port`` while the block runs; nowhere if that is empty."""
    if not address:
        yield
        return

    def tell(environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ["passwright.stopping"] = stopping()
        try:
            return answer(environ, start_response, PLACES.get(environ["PATH_INFO"]))
        finally:
            connections.close_all()  # the thread ends with the request

    listener = listen(address)
    listener.set_app(tell)
    threading.Thread(target=listener.serve_forever, name="vital signs", daemon=True).start()
    try:
        yield
    finally:
        listener.shutdown()
        listener.server_close()


def listen(address: str) -> Listener:
    host, _, port = address.rpartition(":")
    kind = Listener6 if host.startswith("[") else Listener
    return kind((host.strip("[]"), int(port)), Conversation)
