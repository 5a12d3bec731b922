"""Clients that send slowly, or nothing, keep nobody else from being answered."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.walks.conftest import eventually, new_installation

MANY = 20
"""More than the web process has threads."""

pytestmark = pytest.mark.xdist_group("slow_clients")
"""One installation serves them all."""

Address = tuple[str, int]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with new_installation(tmp_path_factory.mktemp("slow")) as installation:
        installation.start("web")
        host, port = installation.base.removeprefix("http://").split(":")
        address = host, int(port)
        eventually(lambda: pings(address), within=60, what="the web process answers")
        yield address


def connect(address: Address) -> socket.socket:
    return socket.create_connection(address, timeout=30)


def pings(address: Address) -> bool:
    try:
        with connect(address) as connection:
            connection.sendall(b"GET /v2/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return everything(connection).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def everything(connection: socket.socket) -> bytes:
    answer = b""
    while chunk := connection.recv(65536):
        answer += chunk
    return answer


def one_answer(connection: socket.socket) -> bytes:
    """Head and body of an answer on a connection that stays."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    (length,) = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    assert len(body) == length
    return head + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /v2/ping HT",
        b"POST /v2/generics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{",
        b"POST /v2/generics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
    ],
    ids=["nothing", "half a head", "a begun body", "a begun chunk"],
)
def test_others_are_answered_at_once(web: Address, begun: bytes) -> None:
    with ExitStack() as open_ones:
        for _ in range(MANY):
            open_ones.enter_context(connect(web)).sendall(begun)
        time.sleep(0.3)
        started = time.monotonic()
        assert pings(web)
        assert time.monotonic() - started < 3


def test_a_head_that_does_not_end_is_waited_for_ten_seconds_only(web: Address) -> None:
    """However steadily its bytes come."""
    with connect(web) as connection:
        connection.sendall(b"GET /v2/ping HTTP/1.1\r\nX-Slow: ")
        started = time.monotonic()
        connection.settimeout(0.5)
        closed = False
        while not closed and time.monotonic() - started < 20:
            try:
                connection.sendall(b"x")
                closed = connection.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
        assert closed
        assert 8 < time.monotonic() - started < 15


def test_a_head_without_end_is_refused(web: Address) -> None:
    with connect(web) as connection:
        connection.sendall(b"GET /v2/ping HTTP/1.1\r\n" + b"X: y\r\n" * 12_000)
        assert everything(connection).startswith(b"HTTP/1.1 431 ")


def test_a_request_in_pieces_is_answered(web: Address) -> None:
    with connect(web) as connection:
        for piece in (b"GET /v2/pi", b"ng HTTP/1.1\r\nHost: x\r", b"\n\r", b"\n"):
            connection.sendall(piece)
            time.sleep(0.1)
        assert one_answer(connection).startswith(b"HTTP/1.1 200 ")


def test_requests_sent_at_once_are_answered_one_after_the_other(web: Address) -> None:
    request = b"GET /v2/ping HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(web) as connection:
        connection.sendall(request * 9 + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        answers = everything(connection)
    assert answers.count(b"HTTP/1.1 200 ") == 10
    assert answers.count(b"Connection: keep-alive") == 9


def test_a_connection_is_kept_over_a_pause_and_a_body(web: Address) -> None:
    post = b"POST /v2/ping HTTP/1.1\r\nHost: x\r\nContent-Length: 39\r\n\r\n"
    with connect(web) as connection:
        for pause in (0, 0.3, 0):
            connection.sendall(post)
            connection.sendall(b"GET /v2/ping HTTP/1.1\r\n  not a request ")
            assert b" 405 " in one_answer(connection)[:20]
            time.sleep(pause)
            connection.sendall(b"GET /v2/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one_answer(connection).startswith(b"HTTP/1.1 200 ")


def test_more_connections_than_threads_take_turns(web: Address) -> None:
    with ExitStack() as open_ones:
        connections = [open_ones.enter_context(connect(web)) for _ in range(MANY)]
        for _ in range(5):
            for connection in connections:
                connection.sendall(b"GET /v2/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            for connection in connections:
                assert one_answer(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("length", [b"4194305", b"1000000000000001", b"1" * 40])
def test_a_body_that_is_too_large_is_refused_by_its_length(web: Address, length: bytes) -> None:
    with connect(web) as connection:
        connection.sendall(b"POST /v2/generics HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n{")
        assert everything(connection).startswith(b"HTTP/1.1 413 ")


def test_a_bare_line_feed_is_refused_and_not_waited_for(web: Address) -> None:
    with connect(web) as connection:
        connection.sendall(b"GET /v2/ping HTTP/1.1\nHost: x\n\n")
        started = time.monotonic()
        assert everything(connection).startswith(b"HTTP/1.1 400 ")
        assert time.monotonic() - started < 5
