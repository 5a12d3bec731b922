"""What log lines never hold: secrets in local variables, links to passes, what phones show."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from passwright import logs
from passwright.environment import Environment

TOKEN = "kJ3vV0bq1xG0n8mYxC2w9A"
LINKS = [
    f"/p/{TOKEN}",
    f"/p/hN2c8vX1_w/{TOKEN}",
    f"/p/hN2c8vX1_w/{TOKEN}.pkpass",
    f"https://passes.example.org/below/p/hN2c8vX1_w/{TOKEN}.png?size=2",
    f"/p/hN2c8vX1_w/é{TOKEN}",
    f"/e/{TOKEN}/transfer",
]


@pytest.fixture(params=["development", "production"])
def said(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Standard error of a process of that kind; pytest's own logging is put back."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("", *logs.QUIET)}
    handlers = list(root.handlers)
    monkeypatch.setenv("PASSWRIGHT_ENV", request.param)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", io.StringIO())
        logs.configure(Environment())
        yield sys.stderr  # type: ignore[misc]  # the line before the last
    structlog.reset_defaults()
    root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def connect() -> None:
    password = "S3cretPw"
    if password:
        raise ConnectionError("the server closed the connection")


@pytest.mark.parametrize("name", ["django.request", "procrastinate.worker", "asyncio"])
def test_a_traceback_shows_no_local_variable(said: io.StringIO, name: str) -> None:
    try:
        connect()
    except ConnectionError:
        logging.getLogger(name).exception("It failed")
        structlog.get_logger(name).exception("it_failed_too")
    lines = said.getvalue()
    assert lines.count("ConnectionError: the server closed the connection") == 2
    assert lines.count("in connect") == 2
    assert "S3cretPw" not in lines
    assert "traceback object" not in lines


def test_a_line_of_production_is_one_json_object(said: io.StringIO) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", LINKS[0])
    lines = said.getvalue()
    assert lines.count("\n") == 1
    if lines.startswith("{"):
        assert json.loads(lines)["event"] == "Not Found: /p/[hidden]"


NAME = "19121d6b570b31a3fa56dbd45411c933"
ASKED = [
    f"/apple/v1/devices/{NAME}/registrations/pass.example.toys/{TOKEN}",
    f"/apple//v1/passes/pass.example.toys/{TOKEN}",
    f"https://passes.example.org/below/apple/v1/passes/pass.example.toys/{TOKEN}/personalize",
]


@pytest.mark.parametrize("address", ASKED)
def test_no_address_that_a_phone_asks_is_written(said: io.StringIO, address: str) -> None:
    try:
        raise LookupError(f"nothing at {address!r} for ApplePass {TOKEN}")
    except LookupError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", address)
        structlog.get_logger("ours").exception(
            "it_failed", path=address, headers={"Authorization": f"attidopass {TOKEN}"}
        )
    lines = said.getvalue()
    for secret in (TOKEN, NAME, "pass.example.toys"):
        assert secret not in lines
    assert lines.count("LookupError: nothing at ") == 2


@pytest.mark.parametrize("link", LINKS)
def test_no_link_to_a_pass_is_written(said: io.StringIO, link: str) -> None:
    try:
        raise LookupError(f"nothing at {link!r}")
    except LookupError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", link)
        structlog.get_logger("ours").exception("it_failed", path=link, values=[link], nested={"url": link})
    lines = said.getvalue()
    assert TOKEN not in lines
    assert "hN2c8vX1_w" not in lines
    assert lines.count("/[hidden]") >= 6
    assert lines.count("LookupError: nothing at ") == 2


def test_other_addresses_stay_readable(said: io.StringIO) -> None:
    logging.getLogger("django.request").warning("Not Found: /v2/generics/7/passes/8")
    assert "/v2/generics/7/passes/8" in said.getvalue()
