"""What old clients need on the wire, read from the socket itself."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.walks.conftest import eventually, new_installation


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, str]]:
    """Host, port and the Authorization header of an organization."""
    with new_installation(tmp_path_factory.mktemp("wire")) as installation:
        credentials = installation.organization()
        installation.start("web")
        host, port = installation.base.removeprefix("http://").split(":")
        eventually(lambda: reachable(host, int(port)), within=60, what="the web process listens")
        login = base64.b64encode(f"{credentials['api_username']}:{credentials['api_password']}".encode()).decode()
        yield host, int(port), f"Authorization: Basic {login}"


pytestmark = pytest.mark.xdist_group("wire")
"""One installation serves them all."""


def reachable(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def exchange(host: str, port: int, head: list[str], body: bytes = b"") -> bytes:
    """Send one request and return every byte that comes back."""
    request = "\r\n".join([*head, f"Host: {host}", "Connection: close", "", ""]).encode() + body
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def test_header_names_are_in_title_case(web: tuple[str, int, str]) -> None:
    host, port, login = web
    head = exchange(host, port, ["GET /v2/assets HTTP/1.1", login]).split(b"\r\n\r\n")[0].decode()
    assert head.startswith("HTTP/1.1 200 ")
    names = [line.split(":")[0] for line in head.split("\r\n")[1:]]
    expected = {"X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "X-Offset", "X-RateLimit-Limit", "Content-Type"}
    assert expected <= set(names)
    assert "X-Next-Page" not in names
    assert "X-Prev-Page" not in names
    assert [name for name in names if name == name.lower()] == []


def test_no_interim_answer_comes_before_the_answer(web: tuple[str, int, str]) -> None:
    host, port, login = web
    body = b'{"generic": {}}'
    head = [
        "POST /v2/generics HTTP/1.1",
        login,
        "Expect: 100-continue",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    answer = exchange(host, port, head, body)
    assert b"100 Continue" not in answer
    assert answer.startswith(b"HTTP/1.1 422 ")


def test_a_client_that_waits_for_the_interim_answer_sends_its_body_anyway(web: tuple[str, int, str]) -> None:
    """As libcurl does after a second."""
    host, port, login = web
    body = b'{"generic": {}}'
    lines = ["POST /v2/generics HTTP/1.1", login, "Expect: 100-continue", f"Host: {host}", "Connection: close"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        time.sleep(0.5)
        connection.sendall(body)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 422 ")


def test_replies_are_not_compressed_unless_asked(web: tuple[str, int, str]) -> None:
    host, port, login = web
    assert b"Content-Encoding" not in exchange(host, port, ["GET /v2/assets HTTP/1.1", login])


def test_api_paths_answer_directly(web: tuple[str, int, str]) -> None:
    host, port, login = web
    for path in (
        "/v2/generics",
        "/v2/generics/",
        "//v2/generics",
        "/v2//generics/",
        "/v2/generics.json",
        "/v1/generics",
    ):
        answer = exchange(host, port, [f"GET {path} HTTP/1.1", login])
        assert answer.startswith(b"HTTP/1.1 200 "), path
        assert answer.endswith(b"[]"), path


def test_chunked_bodies_are_read(web: tuple[str, int, str]) -> None:
    host, port, login = web
    head = ["POST /v2/templates HTTP/1.1", login, "Content-Type: application/json", "Transfer-Encoding: chunked"]
    whole = exchange(host, port, head, b'd\r\n{"template":{\r\n2\r\n}}\r\n0\r\n\r\n')
    assert whole.startswith(b"HTTP/1.1 422 ")
    assert b"can't be blank" in whole
    empty = exchange(host, port, ["GET /v2/ping HTTP/1.1", "Transfer-Encoding: chunked"], b"0\r\n\r\n")
    assert empty.startswith(b"HTTP/1.1 200 ")
    broken = exchange(host, port, head, b"no length\r\n0\r\n\r\n")
    assert broken.startswith(b"HTTP/1.1 400 ")


def test_a_chunked_body_that_is_too_long_is_refused(web: tuple[str, int, str]) -> None:
    host, port, login = web
    head = ["POST /v2/templates HTTP/1.1", login, "Content-Type: application/json", "Transfer-Encoding: chunked"]
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert exchange(host, port, head, piece * 65 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_spaces_in_a_query_are_read_as_they_are_meant(web: tuple[str, int, str]) -> None:
    host, port, login = web
    answer = exchange(host, port, ["GET /v2/generics?q[name_eq]=Una Salus Victus HTTP/1.1", login])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"X-Ignored-Params" not in answer


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (["GET /v2/ping?" + "a" * 9000 + " HTTP/1.1"], 414),
        (["GET /v2/ping HTTP/1.1", "X-Long: " + "a" * 9000], 431),
        (["GET /v2/ping HTTP/1.1", *[f"X-{number}: a" for number in range(120)]], 431),
        (["GET /v2/ping HTTP/1.1", "Expect: the unexpected"], 417),
        (["POST /v2/assets HTTP/1.1", "Transfer-Encoding: identity"], 400),
        (["get /v2/ping HTTP/1.1"], 400),
        (["nonsense"], 400),
    ],
)
def test_even_requests_that_nobody_can_read_are_answered_in_the_envelope(
    web: tuple[str, int, str], head: list[str], status: int
) -> None:
    host, port, _ = web
    top, body = exchange(host, port, head).split(b"\r\n\r\n", 1)
    told = json.loads(body)
    assert top.startswith(f"HTTP/1.1 {told['status_code']} ".encode())
    assert b"Content-Type: application/json; charset=utf-8" in top
    assert set(told) == {"status_code", "error_code", "message", "errors"}
    assert told["status_code"] == status
