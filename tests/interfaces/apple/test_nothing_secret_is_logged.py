"""Whole requests that go wrong, and what is in the log afterwards: no token, no push token, no device, no serial."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from django.db import OperationalError
from django.test import Client

from passwright import logs
from passwright.environment import Environment
from tests import public_ground as ground
from tests.interfaces.apple.phones import PUSH_TOKEN, Card, Phone, card_of

pytestmark = pytest.mark.django_db

NAME = "19121d6b570b31a3fa56dbd45411c933"


@pytest.fixture(params=["development", "production"])
def said(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
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


@pytest.fixture
def card(db: None) -> Card:
    return card_of(ground.issued(ground.campaign(ground.organization())))


def everything(card: Card) -> list[int]:
    """Statuses of one request of each kind."""
    phone, client = Phone(NAME), Client(raise_request_exception=False)
    phone.client = client
    wrong = Card(card.identifier, card.serial, f"{card.token}x", {})
    statuses = [phone.register(card), phone.register(wrong), phone.register(card, {"pushToken": f"{PUSH_TOKEN}!"})]
    path = f"/apple/v1/passes/{card.identifier}/{card.serial}"
    answers = [
        phone.ask(card),
        phone.ask(wrong),
        phone.ask(card, "head"),
        client.get(f"/apple/v1/devices/{NAME}/registrations/{card.identifier}"),
        client.post(f"{path}/personalize", {}, content_type="application/json", headers=phone.authorized(card)),
        client.get(f"{path}/personalize"),
        client.get(f"/apple/v1/passes/{card.serial}/"),
        client.post("/apple/v1/log", {"logs": f"ApplePass {card.token}"}, content_type="application/json"),
        client.put(phone.place(card), headers=phone.authorized(card)),
    ]
    return [*statuses, *(answer.status_code for answer in answers), phone.unregister(wrong), phone.unregister(card)]


def assert_silent(card: Card, lines: str) -> None:
    for secret in (card.token, card.serial, PUSH_TOKEN, NAME):
        assert secret not in lines


def test_refusals_tell_nothing(card: Card, said: io.StringIO) -> None:
    statuses = everything(card)
    assert {200, 201, 400, 401, 404, 405} == set(statuses)
    lines = said.getvalue()
    assert lines.count("/[hidden]") >= 7
    assert_silent(card, lines)


def test_failures_tell_nothing(card: Card, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that reads or writes fails, and its message quotes all there is."""

    def fail(**named: object) -> None:
        headers = f"{{'Authorization': 'ApplePass {card.token}', 'pushToken': '{PUSH_TOKEN}'}}"
        path = f"/apple/v1/devices/{NAME}/registrations/{card.identifier}/{card.serial}"
        raise LookupError(f"{headers} {path} {named.get('asking')!r} {named.get('registration')!r}")

    for place in ("devices.register", "devices.unregister", "devices.updatable_passes", "passes.deliver_to_phone",
                  "passes.look_for_phone", "passes.personalize"):  # fmt: skip
        monkeypatch.setattr(f"passwright.interfaces.apple.{place}", fail)
    statuses = everything(card)
    assert statuses.count(500) >= 5
    lines = said.getvalue()
    assert lines.count("LookupError") >= 5
    assert "Asking('passbook') Registration()" in lines
    assert_silent(card, lines)


def test_a_database_that_is_gone_is_a_wait(card: Card, said: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("passwright.interfaces.apple.passes.deliver_to_phone", gone)
    answer = Phone(NAME).ask(card)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert answer["X-Request-Id"] in said.getvalue()
    assert_silent(card, said.getvalue())


def test_the_servers_own_lines_tell_nothing(card: Card, said: io.StringIO) -> None:
    """gunicorn names the address of a request that failed in its hands."""
    path = f"/apple/v1/passes/{card.identifier}/{card.serial}"
    logging.getLogger("gunicorn.error").error("Error handling request %s", path)
    logging.getLogger("gunicorn.access").warning('"GET %s HTTP/1.1" 401', path)
    lines = said.getvalue()
    assert lines.count("/apple/v1/passes/[hidden]") == 2
    assert_silent(card, lines)
