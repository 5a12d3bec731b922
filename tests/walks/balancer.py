"""A proxy in front of several web processes that knows only who takes a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count

Address = tuple[str, int]


class Balancer:
    """Takes turns; whoever refuses a connection is passed by. Connections that break there break here."""

    def __init__(self, behind: Sequence[Address]) -> None:
        self.behind = behind
        self.turns = count()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):  # closed: the end
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.join, args=(client,), daemon=True).start()

    def join(self, client: socket.socket) -> None:
        with client:
            server = self.connect()
            if server is None:
                return
            with server:
                back = threading.Thread(target=carry, args=(server, client), daemon=True)
                back.start()
                carry(client, server)
                back.join()

    def connect(self) -> socket.socket | None:
        first = next(self.turns)
        for number in range(len(self.behind)):
            with suppress(OSError):
                return socket.create_connection(self.behind[(first + number) % len(self.behind)], timeout=30)
        return None


def carry(source: socket.socket, target: socket.socket) -> None:
    """Until one of them ends; then both end."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def balanced(*behind: str) -> Iterator[Balancer]:
    """``behind``: ``host:port`` each."""
    addresses = [(host, int(port)) for host, _, port in (each.rpartition(":") for each in behind)]
    balancer = Balancer(addresses)
    threading.Thread(target=balancer.serve, daemon=True).start()
    try:
        yield balancer
    finally:
        balancer.listener.close()
