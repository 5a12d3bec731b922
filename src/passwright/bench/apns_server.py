"""A push service that costs little: HTTP/2 over TLS with client certificates, in a process of its own.

It reads frames and nothing in them: the headers are never decompressed, and answers are octets that were written
beforehand. Of every hundred pushes one is answered 410 (its device is gone) and, the first time round, one 503.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
import time
from pathlib import Path

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, CONTINUATION = 0, 1, 4, 6, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
WINDOW = 1 << 30
READ = 1 << 18
STREAMS = 1_000
"""What Apple's servers allow a connection."""

APNS_ID = b"\x00\x07apns-id\x24eabeae54-14a8-11e5-b60b-1697f925ec7b"
GONE, BUSY = 7, 8
"""Which of a hundred."""

frame_head = struct.Struct(">HBBBI")


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return frame_head.pack(len(payload) >> 8, len(payload) & 255, kind, flags, stream) + payload


def refusal(status: bytes, body: bytes) -> tuple[bytes, bytes]:
    """The headers' payload and the body's."""
    return b"\x08\x03" + status + APNS_ID, body


def serve(port_file: Path, certificate: Path, trusted: Path, *, busy: int) -> None:
    """Listen on loopback until killed, and say where. The first ``busy`` of those that can be answered 503 are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    part = port_file.with_suffix(".part")
    part.write_text(str(listener.getsockname()[1]))
    part.rename(port_file)
    left = [busy]
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=talk, args=(raw, context, left), daemon=True).start()


def talk(raw: socket.socket, context: ssl.SSLContext, left: list[int]) -> None:
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with context.wrap_socket(raw, server_side=True) as connection:
            connection.sendall(
                frame(SETTINGS, 0, 0, struct.pack(">HI", 3, STREAMS) + struct.pack(">HI", 4, WINDOW))
                + frame(8, 0, 0, struct.pack(">I", WINDOW))
            )
            answer_all(connection, left)
    except (ssl.SSLError, OSError):
        return


def answer_all(connection: ssl.SSLSocket, left: list[int]) -> None:
    """Frame by frame until the client is gone."""
    buffer = b""
    while len(buffer) < len(PREFACE):
        buffer += connection.recv(READ) or b"\0" * len(PREFACE)
    at, pushes = len(PREFACE), 0
    unpack = frame_head.unpack_from
    ok = b"\x88" + APNS_ID
    ok_head = len(ok).to_bytes(3, "big") + bytes((HEADERS, END_STREAM | END_HEADERS))
    gone = refusal(b"410", b'{"reason":"Unregistered","timestamp":%d}' % (time.time() * 1000))
    busy = refusal(b"503", b'{"reason":"ServiceUnavailable"}')
    while True:
        answers = []
        end = len(buffer)
        while end - at >= 9:
            high, low, kind, flags, stream = unpack(buffer, at)
            after = at + 9 + (high << 8 | low)
            if after > end:
                break
            if kind == DATA and flags & END_STREAM:
                pushes += 1
                number = pushes % 100
                if number == GONE or (number == BUSY and left[0] > 0):
                    left[0] -= number == BUSY
                    head, body = gone if number == GONE else busy
                    answers.append(frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, END_STREAM, stream, body))
                else:
                    answers.append(ok_head + stream.to_bytes(4, "big") + ok)
            elif kind == SETTINGS and not flags & ACK:
                answers.append(frame(SETTINGS, ACK, 0, b""))
            elif kind == PING and not flags & ACK:
                answers.append(frame(PING, ACK, 0, buffer[at + 9 : after]))
            at = after
        if answers:
            connection.sendall(b"".join(answers))
        more = connection.recv(READ)
        if not more:
            return
        buffer, at = buffer[at:] + more, 0


if __name__ == "__main__":
    _, port_file, certificate, trusted, busy = sys.argv
    serve(Path(port_file), Path(certificate), Path(trusted), busy=int(busy))
