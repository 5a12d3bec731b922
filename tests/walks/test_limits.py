"""A limit that two web processes keep together, as it is seen on the wire."""

from __future__ import annotations

import base64
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.walks.conftest import Installation, eventually
from tests.walks.test_wire import exchange, reachable


def test_two_processes_answer_as_many_requests_as_the_operator_allows(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWRIGHT_ENFORCE_LIMITS", "true")
    monkeypatch.setenv("PASSWRIGHT_PROCESSES", "2")
    made = installation.organization()
    limited = installation.run("organization", "limit", made["id"], "9")
    assert limited.stdout == "Toy Town may make 9 API requests an hour.\n", limited.stderr
    unknown = installation.run("organization", "lock", "5f0a3c58-4f3e-4a0c-9a55-0d5c5f4b8a11")
    assert unknown.returncode == 2
    assert "no organization has this id" in unknown.stderr
    assert "Traceback" not in unknown.stderr
    installation.start("web")
    host, port = installation.base.removeprefix("http://").split(":")
    eventually(lambda: reachable(host, int(port)), within=60, what="the web processes listen")
    login = base64.b64encode(f"{made['api_username']}:{made['api_password']}".encode()).decode()

    def ask(_: int) -> tuple[int, str, Any, dict[str, str]]:
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.request("GET", "/v2/assets", headers={"Authorization": f"Basic {login}"})
        answer = connection.getresponse()
        return answer.status, answer.reason, json.loads(answer.read()), dict(answer.getheaders())

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, range(20)))
    assert sorted(status for status, *_ in answers) == [200] * 9 + [420] * 11
    left = sorted(int(headers["X-RateLimit-Remaining"]) for status, _, _, headers in answers if status == 200)
    assert left == list(range(9))
    for status, reason, body, headers in answers:
        if status == 420:
            assert reason == "Enhance Your Calm"
            assert set(body) == {"status_code", "error_code", "message", "errors"}
            assert 0 < int(headers["Retry-After"]) <= 3600
            assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("9", "0")
    ping = exchange(host, int(port), ["GET /v2/ping HTTP/1.1"])
    assert ping.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-RateLimit-Limit: 60\r\n" in ping
