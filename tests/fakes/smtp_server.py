"""A mail server on this machine: it keeps what it takes, and it can be mean."""

from __future__ import annotations

import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from msgspec import Struct


class Taken(Struct):
    """An e-mail as it came, with its envelope."""

    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, email.message_from_bytes(self.content, policy=email.policy.default))


class MailServer:
    """``answers``: by command (``RCPT``), what it is answered instead, once each, before the usual; ``HANG`` stands
    still, ``DROP`` hangs up."""

    def __init__(self, certificate: Path | None, *, tls_always: bool = False) -> None:
        self.taken: list[Taken] = []
        self.answers: dict[str, list[str]] = {}
        self.certificate = certificate
        self.tls_always = tls_always
        self.sessions = 0
        self.stopped = threading.Event()
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self.certificate is not None
        context.load_cert_chain(self.certificate)
        return context

    def url(self, *, user: str = "") -> str:
        scheme = "smtps" if self.tls_always else "smtp"
        query = "?starttls" if self.certificate and not self.tls_always else ""
        return f"{scheme}://{user and user + '@'}localhost:{self.port}{query}"


class Dropped(Exception):
    pass


def handler_of(server: MailServer) -> type[socketserver.BaseRequestHandler]:
    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            server.sessions += 1
            self.encrypted, self.user, self.sender, self.recipients = False, "", "", list[str]()
            if server.tls_always:
                self.encrypt()
            self.lines = self.request.makefile("rb")
            try:
                self.say("CONNECT", "220 mail.example.org ESMTP")
                while line := self.lines.readline():
                    if not self.answer(line.decode("latin-1").strip()):
                        return
            except (Dropped, OSError):
                return

        def encrypt(self) -> None:
            self.request = server.context().wrap_socket(self.request, server_side=True)
            self.lines = self.request.makefile("rb")
            self.encrypted = True

        def say(self, command: str, usual: str) -> bool:
            """Whether the usual was said."""
            meant = server.answers.get(command)
            said = meant.pop(0) if meant else usual
            if said == "HANG":
                server.stopped.wait(60)
            if said in ("HANG", "DROP"):
                raise Dropped
            self.request.sendall(said.replace("\n", "\r\n").encode() + b"\r\n")
            return said == usual

        def answer(self, line: str) -> bool:
            command = line.split(" ", 1)[0].upper()
            match command:
                case "EHLO" | "HELO":
                    offers = ["250-mail.example.org"]
                    offers += ["250-STARTTLS"] if server.certificate and not self.encrypted else []
                    offers += ["250-AUTH PLAIN LOGIN"] if self.encrypted or not server.certificate else []
                    self.say("EHLO", "\n".join([*offers, "250 8BITMIME"]))
                case "STARTTLS":
                    if self.say("STARTTLS", "220 go ahead"):
                        self.encrypt()
                case "AUTH":
                    if self.say("AUTH", "235 welcome"):
                        self.user = line
                case "MAIL":
                    self.sender = line
                    self.say("MAIL", "250 ok")
                case "RCPT":
                    if self.say("RCPT", "250 ok"):
                        self.recipients.append(line[len("RCPT TO:<") : line.rindex(">")])
                case "DATA":
                    return self.data()
                case "QUIT":
                    self.say("QUIT", "221 bye")
                    return False
                case _:
                    self.say(command, "250 ok")
            return True

        def data(self) -> bool:
            if not self.say("DATA", "354 go ahead"):
                return True
            content = b""
            while (line := self.lines.readline()) not in (b".\r\n", b""):
                content += line[1:] if line.startswith(b"..") else line
            if self.say("DONE", "250 taken"):
                server.taken.append(Taken(self.sender, self.recipients, content, self.encrypted, self.user))
                self.recipients = []
            return True

    return Session


@contextmanager
def serving(certificate: Path | None = None, *, tls_always: bool = False) -> Iterator[MailServer]:
    server = MailServer(certificate, tls_always=tls_always)
    threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.server.shutdown()
        server.server.server_close()
