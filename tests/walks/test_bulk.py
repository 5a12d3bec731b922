"""Bulk imports over a real wire: long bodies, slow senders, broken connections, and a worker that is killed."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import requests

from tests.walks.conftest import Installation, answering, eventually, kill, new_campaign, new_installation

pytestmark = pytest.mark.xdist_group("bulk")
"""One installation serves them all."""

MEBIBYTE = 1024 * 1024
PINGED_WITHIN = 5.0
"""Seconds, on a busy machine; the slow senders take longer than the test."""


@dataclass
class Town:
    installation: Installation
    login: tuple[str, str]
    path: str

    @property
    def bulk(self) -> str:
        return f"{self.installation.base}{self.path}/passes/bulk"

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.installation.base.removeprefix("http://").split(":")
        return host, int(port)

    @property
    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(':'.join(self.login).encode()).decode()}"}

    def head(self, *lines: str, known: bool = True) -> bytes:
        login = [f"{name}: {value}" for name, value in self.credentials.items()] if known else []
        return "\r\n".join([f"POST {self.path}/passes/bulk HTTP/1.1", "Host: x", *login, *lines, "", ""]).encode()

    def imports(self) -> int:
        return int(self.installation.one("SELECT count(*) FROM bulk_import"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with new_installation(tmp_path_factory.mktemp("bulk")) as installation:
        credentials = installation.organization()
        login = (credentials["api_username"], credentials["api_password"])
        installation.start("web")
        path = new_campaign(installation, login, primary_fields=[{"key": "member"}])
        yield Town(installation, login, path)


def answered(town: Town, sent: bytes) -> bytes:
    """All that comes back; nothing more is sent."""
    with socket.create_connection(town.address, timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while more := connection.recv(65_536):
            answer += more
    return answer


def lines_of(size: int) -> list[bytes]:
    """Some 5 KiB each."""
    long = "toys " * 1_000
    return [json.dumps({"user_info": {"number": n, "long": long}}).encode() + b"\n" for n in range(size // 5_000)]


@pytest.mark.parametrize("size", [3, 20])
@pytest.mark.parametrize("chunked", [False, True])
def test_long_bodies_arrive(town: Town, size: int, chunked: bool) -> None:
    lines = lines_of(size * MEBIBYTE)
    body = iter(lines) if chunked else b"".join(lines)
    answer = requests.post(town.bulk, data=body, auth=town.login, timeout=60)
    assert answer.status_code == 202, answer.text
    assert answer.json()["rows"] == len(lines)
    assert answer.headers["Location"].endswith(f"{town.path}/passes/bulk/{answer.json()['id']}")


def test_the_connection_goes_on_after_an_upload(town: Town) -> None:
    connection = http.client.HTTPConnection(*town.address, timeout=60)
    for body in (b"".join(lines_of(5 * MEBIBYTE)), iter(lines_of(MEBIBYTE))):
        connection.request(
            "POST", f"{town.path}/passes/bulk", body, town.credentials, encode_chunked=not isinstance(body, bytes)
        )
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["state"]) == (202, "queued")
        connection.request("GET", "/v2/ping")
        pinged = connection.getresponse()
        assert (pinged.status, bool(pinged.read())) == (200, True)
    connection.close()


def test_slow_uploads_hold_up_uploads_only(town: Town) -> None:
    before = town.imports()
    with ExitStack() as open_ones:
        for number in range(6):
            length = "Content-Length: 90000000" if number % 2 else "Transfer-Encoding: chunked"
            connection = open_ones.enter_context(socket.create_connection(town.address, timeout=30))
            connection.sendall(town.head(length) + b"5\r\n{}")
        time.sleep(0.5)
        started = time.monotonic()
        assert answering(town.installation.base)
        single = requests.post(f"{town.installation.base}{town.path}/passes", auth=town.login, timeout=30)
        small = requests.post(town.bulk, data=b"{}", auth=town.login, timeout=30)
        assert time.monotonic() - started < PINGED_WITHIN
    assert (single.status_code, small.status_code) == (201, 202)
    assert town.imports() == before + 1


@pytest.mark.parametrize(
    "begun",
    [("Content-Length: 90000000", b"{}\n{}\n"), ("Transfer-Encoding: chunked", b"3\r\n{}\n\r\n50\r\n{}\n")],
    ids=["length", "chunked"],
)
def test_of_a_body_that_broke_off_nothing_is_kept(town: Town, begun: tuple[str, bytes]) -> None:
    before = town.imports()
    length, sent = begun
    answer = answered(town, town.head(length) + sent)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"The body ended early. Nothing of it is kept" in answer
    assert town.imports() == before


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}{}\r\n0\r\n\r\n"], ids=["size", "end"])
def test_malformed_chunks_are_refused(town: Town, chunks: bytes) -> None:
    before = town.imports()
    answer = answered(town, town.head("Transfer-Encoding: chunked") + chunks)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"The chunks of the body are malformed. Nothing of it is kept" in answer
    assert town.imports() == before


@pytest.mark.parametrize("spelling", ["bul%6B", "bulk/.json"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_body_is_nothing_for_another_spelling_of_the_address(town: Town, spelling: str, chunked: bool) -> None:
    """It would be read by the threads of all others, and one in chunks would lose its end."""
    before = town.imports()
    for lines, status in ((lines_of(MEBIBYTE), 202), (lines_of(6 * MEBIBYTE), 413)):
        connection = http.client.HTTPConnection(*town.address, timeout=60)
        body = iter(lines) if chunked else b"".join(lines)
        connection.request("POST", f"{town.path}/passes/{spelling}", body, town.credentials, encode_chunked=chunked)
        assert connection.getresponse().status == status
        connection.close()
    assert town.imports() == before + 1


@pytest.mark.parametrize(
    ("lines", "known", "status"),
    [
        (("Content-Length: 900000000",), False, 401),
        (("Transfer-Encoding: chunked",), False, 401),
        (("Content-Length: 2000000000",), True, 413),
    ],
)
def test_who_is_refused_is_told_before_the_body(town: Town, lines: tuple[str, ...], known: bool, status: int) -> None:
    with socket.create_connection(town.address, timeout=30) as connection:
        started = time.monotonic()
        connection.sendall(town.head(*lines, known=known))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 %d " % status)
        assert time.monotonic() - started < PINGED_WITHIN


def test_a_worker_is_killed_in_the_middle_and_each_row_is_there_once(town: Town) -> None:
    rows = 12_000
    with town.installation.rows() as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
        connection.execute("DELETE FROM bulk_chunk")
        connection.execute("DELETE FROM bulk_import")
        connection.execute("DELETE FROM pass")
        connection.execute("DELETE FROM event")
        connection.execute("UPDATE campaign SET next_code = 1, pass_count = 0")
    body = b"".join(b'{"external_id": "m-%d"}\n' % number for number in range(rows))
    made = requests.post(town.bulk, data=body, auth=town.login, timeout=60).json()

    def processed() -> int:
        return int(town.installation.one("SELECT succeeded + failed FROM bulk_import"))

    worker = town.installation.start("worker")
    eventually(lambda: processed() > 0, within=60, what="the first rows are done")
    kill(worker)
    assert 0 < processed() < rows, "the worker was to be killed in the middle of the import"
    assert int(town.installation.one("SELECT count(*) FROM pass")) == processed()

    for _ in range(2):
        town.installation.start("worker")
    eventually(lambda: processed() == rows, within=120, what="the import is done")
    state = requests.get(f"{town.bulk}/{made['id']}", auth=town.login, timeout=30).json()
    assert (state["state"], state["succeeded"], state["progress"]) == ("done", rows, 1.0)
    with town.installation.rows() as connection:
        passes = connection.execute("SELECT redeem_code, external_id FROM pass ORDER BY created_at").fetchall()
    assert passes == [(f"{number + 1:07d}", f"m-{number}") for number in range(rows)]
    assert town.installation.one("SELECT count(*) FROM event WHERE kind = 'created'") == rows
    assert town.installation.one("SELECT next_code FROM campaign") == rows + 1
    results = requests.get(state["result_url"], auth=town.login, timeout=30)
    assert results.headers["X-Next-Row"] == "10001"
    assert len(results.text.splitlines()) == 10_000
