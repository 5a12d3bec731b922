"""Certificates that a push service lets in, and a sender that pushes to a simulated one."""

from __future__ import annotations

import json
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from passwright import secrets
from passwright.apple.development import DevelopmentAuthority, development_authority
from passwright.data.models import Certificate, Organization
from passwright.operations.make_development_certificates import KEY_LABEL
from passwright.operations.send_pushes import PushSender
from passwright.phone.push_service import PushService
from passwright.phone.tls import own_identity, server_context
from passwright.transport import roots_with

TEAM = "TEAM123456"


@cache
def authority() -> DevelopmentAuthority:
    return development_authority(datetime.now(UTC))


def certificate(
    organization: Organization, identifier: str, *, by: DevelopmentAuthority | None = None, **parts: object
) -> Certificate:
    """One of the organization with a real key, by an authority that `push_service` trusts, or by another."""
    now = datetime.now(UTC)
    made = (by or authority()).issue(identifier, TEAM, "Toys", now)
    values = {
        "organization": organization,
        "pass_type_identifier": identifier,
        "team_identifier": TEAM,
        "issued_to": "Toys",
        "not_before": now - timedelta(days=30),
        "expires_at": now + timedelta(days=365),
        "leaf_pem": made.certificate_pem.decode(),
        "intermediate_pem": made.intermediate_pem.decode(),
        "key_encrypted": secrets.encrypt(made.key_pem, label=KEY_LABEL),
        "created_at": now,
    }
    return Certificate.objects.create(**(values | parts))


def push_service(*, knows_all: bool = True, concurrent_streams: int = 1000) -> PushService:
    return PushService(
        client_authorities=authority().root_pem, knows_all=knows_all, concurrent_streams=concurrent_streams
    )


def sender_to(service: PushService, folder: Path, *, clock: Callable[[], datetime]) -> PushSender:
    roots = service.write_root(folder / f"root-{service.port}.pem")
    return PushSender(url=service.url, roots=roots_with(roots), clock=clock)


@contextmanager
def refusing() -> Iterator[tuple[str, Path, list[str]]]:
    """A service that wants certificates of somebody else, and says so as TLS has it: its address, a file with its
    root, and what became of each connection."""
    identity = own_identity(datetime.now(UTC))
    context = server_context(identity, development_authority(datetime.now(UTC)).root_pem)
    met: list[str] = []

    def listen(listener: socket.socket) -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            with context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) as connection:
                try:
                    connection.do_handshake()
                    met.append("let in")
                except ssl.SSLError:
                    met.append("refused")
                    time.sleep(0.2)  # so that the client gets to read why

    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        roots = Path(folder) / "root.pem"
        roots.write_bytes(identity.root_pem)
        threading.Thread(target=listen, args=(listener,), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", roots, met
        listener.shutdown(socket.SHUT_RDWR)


Reply = tuple[int, bytes, dict[str, str]]


class OtherService:
    """An HTTP server that answers ``POST`` by a function of the JSON body, and keeps path and body of each request."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Any]] = []
        self.answer: Callable[[Any], Reply] = lambda _: (200, b"{}", {})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.log.append((self.path, body))
                status, text, headers = service.answer(body)
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(text))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None: ...

        return Handler

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
