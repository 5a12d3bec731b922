"""The two questions that are answered ahead of Django are answered as Django's views answer them."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest
from django.test import Client

from passwright.data.models import Certificate, Delivery, Event, Pass
from passwright.interfaces.apple.ahead import Phones
from tests import public_ground as ground
from tests.interfaces.apple.phones import Card, Phone, card_of, pass_json

pytestmark = pytest.mark.django_db(transaction=True)

PASSED_ON: tuple[int, dict[str, str], bytes] = (0, {}, b"")


def ask(path: str, query: str = "", method: str = "GET", **headers: str | None) -> tuple[int, dict[str, str], bytes]:
    """What is answered without Django; `PASSED_ON` if nothing is."""
    said: list[tuple[int, dict[str, str]]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        said.append((int(status.split()[0]), dict(headers)))

    def django(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("0 Passed on", [])
        return [b""]

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items() if value is not None}
    body = b"".join(Phones(django)(environ, start))
    return (*said[0], body)


@pytest.fixture
def row() -> Pass:
    return ground.issued(ground.campaign(ground.organization()))


@pytest.fixture
def card(row: Pass) -> Card:
    return card_of(row)


def test_they_say_the_same(card: Card) -> None:
    phone = Phone()
    phone.register(card)
    list_path = f"/apple/v1/devices/{phone.name}/registrations/{card.identifier}"
    pass_path = f"/apple/v1/passes/{card.identifier}/{card.serial}"
    client, token = Client(), f"ApplePass {card.token}"
    for query in ("", "passesUpdatedSince=", "passesUpdatedSince=0", "passesUpdatedSince=%30", "passesUpdatedSince=x"):
        answer = client.get(f"{list_path}?{query}")
        assert ask(list_path, query) == (200, dict(answer.headers), answer.content)
    tag = client.get(list_path).json()["lastUpdated"]
    answer = client.get(list_path, {"passesUpdatedSince": tag})
    assert ask(list_path, f"passesUpdatedSince={tag}") == (204, dict(answer.headers), b"")
    answer = client.get(pass_path, headers={"Authorization": token})
    status, headers, body = ask(pass_path, authorization=token)
    assert (status, headers) == (200, {**answer.headers, "Content-Length": str(len(body))})
    assert pass_json(body) == pass_json(answer.content)
    same = {"Authorization": token, "If-Modified-Since": headers["Last-Modified"]}
    answer = client.get(pass_path, headers=same)
    found = ask(pass_path, authorization=token, if_modified_since=headers["Last-Modified"])
    assert found == (304, dict(answer.headers), b"")
    assert Event.objects.filter(kind="fetched").count() == 2


def test_what_goes_wrong_is_passed_on_and_leaves_nothing_behind(row: Pass, card: Card) -> None:
    path, token = f"/apple/v1/passes/{card.identifier}/{card.serial}", f"ApplePass {card.token}"
    assert ask(path) == PASSED_ON
    assert ask(path, authorization="ApplePass wrong") == PASSED_ON
    assert ask(path, method="HEAD", authorization=token) == PASSED_ON
    assert ask(path, method="POST", authorization=token) == PASSED_ON
    assert ask(f"{path}\n", authorization=token) == PASSED_ON
    assert ask(f"/apple/v1/passes/pass.example.other/{card.serial}", authorization=token) == PASSED_ON
    assert ask("/apple/v1/log") == PASSED_ON
    assert ask("/v2/ping") == PASSED_ON
    assert ask("/apple/v1/devices/a/registrations/b", "a=b") == PASSED_ON
    Certificate.objects.update(expires_at=ground.now())
    assert ask(path, authorization=token) == PASSED_ON
    assert not Event.objects.filter(kind="fetched").exists()
    assert not Delivery.objects.exists()


def test_an_unknown_device_is_answered_at_once() -> None:
    assert ask("/apple/v1/devices/a/registrations/b") == (204, ANY, b"")


def test_a_database_that_is_gone_is_djangos_to_explain(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: str, **__: str) -> None:
        raise OSError

    monkeypatch.setattr("passwright.interfaces.apple.devices.updatable_passes", gone)
    assert ask("/apple/v1/devices/a/registrations/b") == PASSED_ON
