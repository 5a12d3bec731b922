"""The lines of pushes against servers that are worse than Apple's, and the one request of the others."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from passwright.phone.push_service import Mean, PushService
from passwright.transport import (
    STREAMS,
    Answer,
    ClientCertificate,
    Failure,
    Http2Line,
    Unreachable,
    failure_of,
    post_json,
    retry_after,
    roots_with,
    wait_for,
)
from tests import pushing

TOPIC = "pass.example.toys"


@pytest.fixture(scope="module")
def certificate() -> ClientCertificate:
    made = pushing.authority().issue(TOPIC, "TEAM123456", "Toys", datetime.now(UTC))
    return ClientCertificate(made.certificate_pem + made.intermediate_pem, made.key_pem)


@pytest.fixture
def service() -> Iterator[PushService]:
    with pushing.push_service() as running:
        yield running


@pytest.fixture
def roots(service: PushService, tmp_path: Path) -> str:
    return roots_with(service.write_root(tmp_path / "root.pem"))


def line_to(url: str, roots: str, certificate: ClientCertificate, **parts: Any) -> Http2Line:
    values = {"headers": [f"apns-topic: {TOPIC}"], "body": "{}", "named_by": "apns-id"}
    return Http2Line(url=url, certificate=certificate, roots=roots, **(values | parts))


def ask(line: Http2Line, number: int, within: float = 10.0) -> list[Answer]:
    for place in range(number):
        line.post(place, f"/3/device/{place:064x}")
    answers: list[Answer] = []
    until = time.monotonic() + within
    while line.waiting and time.monotonic() < until:
        answers += line.turn()
        wait_for([line], 0.1)
    assert line.waiting == 0
    assert sorted(answer.ticket for answer in answers) == list(range(number))
    return answers


def test_each_request_has_its_answer(service: PushService, roots: str, certificate: ClientCertificate) -> None:
    line = line_to(service.url, roots, certificate)
    answers = ask(line, 3 * STREAMS // 2)
    assert {answer.status for answer in answers} == {200}
    assert {answer.name for answer in answers} == {push.apns_id for push in service.pushes}
    assert (len(service.pushes), service.connections_made) == (3 * STREAMS // 2, 1)
    line.close()


def test_a_line_lives_through_whatever_happens_to_its_connections(
    service: PushService, roots: str, certificate: ClientCertificate
) -> None:
    line = line_to(service.url, roots, certificate)
    for how in (Mean.GOAWAY, Mean.CUT, Mean.RESET_STREAM, Mean.LOST_ANSWER):
        service.misbehave(how)
        assert {answer.status for answer in ask(line, 50)} == {200}
    service.go_away()
    assert {answer.status for answer in ask(line, 50)} == {200}
    service.cut()
    assert {answer.status for answer in ask(line, 50)} == {200}
    line.close()


def test_what_never_gets_an_answer_is_given_up(
    service: PushService, roots: str, certificate: ClientCertificate
) -> None:
    line = line_to(service.url, roots, certificate)
    service.misbehave(Mean.CUT, times=1000)
    answers = ask(line, 20)
    assert {(answer.status, answer.failure) for answer in answers} == {(0, Failure.UNREACHABLE)}
    service.behave()
    assert {answer.status for answer in ask(line, 20)} == {200}
    line.close()


def test_an_answer_with_a_body_is_read_and_not_mixed_up(
    service: PushService, roots: str, certificate: ClientCertificate
) -> None:
    line = line_to(service.url, roots, certificate)
    service.misbehave(Mean.BAD_DEVICE_TOKEN, token=f"{7:064x}")
    answers = ask(line, 20)
    assert [(answer.ticket, answer.status) for answer in answers if answer.body] == [(7, 400)]
    assert ask(line, 5)[0].body == b""
    line.close()


def test_a_service_that_is_silent_costs_the_limit_and_no_more(
    service: PushService, roots: str, certificate: ClientCertificate
) -> None:
    """It takes the connection and then says nothing, not even to TLS."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = line_to(f"https://127.0.0.1:{silent.getsockname()[1]}", roots, certificate, seconds=0.5)
        started = time.monotonic()
        answers = ask(line, 10)
        assert {answer.failure for answer in answers} == {Failure.LATE}
        assert time.monotonic() - started < 4
        line.close()


def test_nothing_of_a_request_is_shown(service: PushService, roots: str, certificate: ClientCertificate) -> None:
    line = line_to("https://127.0.0.1:1", roots, certificate)
    answers = ask(line, 5)
    assert {answer.failure for answer in answers} == {Failure.UNREACHABLE}
    shown = f"{line!r} {certificate!r} " + " ".join(answer.explanation for answer in answers)
    assert "/3/device" not in shown
    assert "PRIVATE" not in shown
    line.close()


def test_several_lines_do_not_wait_for_each_other(
    service: PushService, roots: str, certificate: ClientCertificate
) -> None:
    slow, quick = (line_to(service.url, roots, certificate) for _ in range(2))
    service.misbehave(Mean.SLOW, token=f"{1:064x}")
    slow.post("slow", f"/3/device/{1:064x}")
    for place in range(100):
        quick.post(place, f"/3/device/{place + 100:064x}")
    answers: list[Answer] = []
    while slow.waiting or quick.waiting:
        for line in (slow, quick):
            answers += line.turn()
        wait_for([slow, quick], 0.1)
    assert Counter(answer.status for answer in answers) == {200: 101}
    assert answers[-1].ticket == "slow"
    for line in (slow, quick):
        line.close()


@pytest.mark.parametrize(
    ("number", "text", "failure"),
    [
        (7, "Failed to connect", Failure.UNREACHABLE),
        (6, "Could not resolve host", Failure.UNREACHABLE),
        (60, "SSL certificate problem: unable to get local issuer certificate", Failure.UNREACHABLE),
        (28, "Operation timed out", Failure.LATE),
        (58, "could not load PEM client certificate", Failure.CERTIFICATE),
        (56, "OpenSSL SSL_read: tlsv13 alert certificate required", Failure.CERTIFICATE),
        (56, "OpenSSL SSL_read: sslv3 alert certificate expired", Failure.CERTIFICATE),
        (35, "TLS connect error: tlsv1 alert unknown ca", Failure.CERTIFICATE),
        (56, "Recv failure: Connection reset by peer", Failure.BROKEN),
        (92, "HTTP/2 stream 1 was not closed cleanly", Failure.BROKEN),
    ],
)
def test_what_an_error_of_curl_means(number: int, text: str, failure: Failure) -> None:
    assert failure_of(number, text) is failure


def test_roots_are_the_public_ones_and_one_s_own(service: PushService, tmp_path: Path) -> None:
    own = service.write_root(tmp_path / "own.pem")
    both = Path(roots_with(own)).read_bytes()
    assert Path(roots_with(None)).read_bytes() in both
    assert service.root_pem in both


def test_a_request_is_posted_and_its_answer_read() -> None:
    with pushing.OtherService() as service:
        service.answer = lambda body: (429, b"slow down", {"Retry-After": str(body["wait"])})
        said = post_json(service.url("/x"), body=b'{"wait": 30}', headers={"X-Key": "k"}, roots=roots_with(None))
    assert (said.status, said.body, said.retry_after) == (429, b"slow down", 30.0)


def test_a_service_that_drips_has_its_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                while not done.wait(0.1):
                    connection.sendall(b"H")

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/secret"
        with pytest.raises(Unreachable):
            post_json(url, body=b"{}", headers={}, roots=roots_with(None), seconds=0.5)
        done.set()
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://127.0.0.1:1/", "no address"])
def test_what_cannot_be_asked_is_unreachable(url: str) -> None:
    with pytest.raises(Unreachable, match=r"^curl \d"):
        post_json(url, body=b"{}", headers={}, roots=roots_with(None), seconds=1)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (b"Retry-After: 120\r\n", 120.0),
        (b"retry-after:0\r\n", 0.0),
        (b"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", None),
        (b"Retry-After: -1\r\n", None),
        (b"X-Retry-After: 5\r\n", None),
    ],
)
def test_how_long_one_is_asked_to_wait(line: bytes, seconds: float | None) -> None:
    assert retry_after([b"HTTP/1.1 429\r\n", line]) == seconds
