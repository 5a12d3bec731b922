"""Requests by door, method and class of answer; whatever a client makes up, the series stay few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from passwright.interfaces.vital_signs.measured import Measured, door_of
from passwright.metrics import COUNTED
from tests.interfaces.vital_signs.calls import ask


def answering(status: str) -> Callable[[dict[str, Any], Any], list[bytes]]:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [])
        return [b"answer"]

    return application


def count(**labels: str) -> float:
    return COUNTED.get_sample_value("passwright_http_request_seconds_count", labels) or 0.0


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/v2/generics", "api"),
        ("//v1/generics", "api"),
        ("/p/abcdefghij", "pages"),
        ("/p/abcdefghij/abcdefghijklmnopqrstuv.pkpass", "pkpass"),
        ("/d/abcdefghij.pkpass", "pkpass"),
        ("/apple/v1/devices/x", "apple"),
        ("/static/0123/x.css", "static"),
        ("/docs", "other"),
        ("/", "other"),
        ("", "other"),
        ("/x.pkpass", "other"),
        ("/v2x", "other"),
    ],
)
def test_doors(path: str, door: str) -> None:
    assert door_of(path) == door


def test_an_answer_passes_through_and_is_counted_once() -> None:
    labels = {"door": "api", "method": "PATCH", "status": "4xx"}
    before = count(**labels)
    measured = Measured(answering("412 Precondition Failed"))
    told = [ask(measured, "/v2/generics", "PATCH") for _ in range(3)]
    assert {(each.status, each.body) for each in told} == {(412, b"answer")}
    assert count(**labels) == before + 3


def test_an_application_that_fails_counts_as_a_failure() -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    labels = {"door": "pages", "method": "GET", "status": "5xx"}
    before = count(**labels)
    with pytest.raises(ZeroDivisionError):
        ask(Measured(failing), "/p/abcdefghij")
    assert count(**labels) == before + 1


def test_made_up_methods_are_one_series() -> None:
    measured = Measured(answering("405 Method Not Allowed"))
    labels = {"door": "other", "method": "other", "status": "4xx"}
    before = count(**labels)
    for number in range(50):
        ask(measured, "/", f"MADE{number}")
    assert count(**labels) == before + 50
    assert measured.observe == {}
