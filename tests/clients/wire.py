"""One request and its reply over a socket of its own, byte for byte: what the old clients' HTTP libraries do below."""

from __future__ import annotations

import json
import re
import select
import socket
from typing import Any

from msgspec import Struct

PATIENCE = 1.0
"""Seconds for which libcurl waits for an interim reply before it sends the body anyway."""


class Broken(AssertionError):
    """The original client would have gone wrong here: a crash, an endless loop, or nothing where something was."""


class Server(Struct, frozen=True):
    """A running server, and the credentials of an organization there."""

    host: str
    port: int
    username: str
    password: str

    def exchange(self, lines: list[str], body: bytes = b"") -> bytes:
        """Everything that came back, interim replies included."""
        head = "\r\n".join([*lines, "", ""]).encode()
        with socket.create_connection((self.host, self.port), timeout=60) as connection:
            if any(line.lower() == "expect: 100-continue" for line in lines):
                connection.sendall(head)
                select.select([connection], [], [], PATIENCE)
                connection.sendall(body)
            else:
                connection.sendall(head + body)
            return whole_reply(connection)


def whole_reply(connection: socket.socket) -> bytes:
    received = b""
    while not is_whole(received):
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
    return received


def is_whole(received: bytes) -> bool:
    """The head, and as many bytes as it announces; after an interim reply another one follows."""
    head, separator, rest = received.partition(b"\r\n\r\n")
    if not separator:
        return False
    if re.match(rb"HTTP/1\.1 1\d\d ", head):
        return is_whole(rest)
    announced = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return announced is not None and len(rest) >= int(announced[1])


def read_json(text: bytes) -> Any:
    """Raises: Broken: if it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Broken(f"no JSON: {text[:200]!r}") from error
