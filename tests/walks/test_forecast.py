"""What is foretold is what a phone's lock screen then shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec import Struct

from passwright.apple.lock_screen import GENERAL
from passwright.phone.moments import Happening
from passwright.phone.phone import Phone
from passwright.phone.push_service import PushService
from tests.phones import apns_environment, phone
from tests.walks.conftest import Installation, new_campaign, new_installation

SHOWN = 30.0
"""Seconds, on a machine that may be busy with other tests."""

FIELDS: dict[str, Any] = {
    "primary_fields": [
        {"key": "toy", "label": "TOY", "value": "Trucks", "behaviour": "dynamic", "change_message": "Toy is now %@"}
    ],
    "secondary_fields": [
        {"key": "points", "value": "5", "data_type": "number", "behaviour": "dynamic", "change_message": "You have %@"},
        {"key": "seat", "value": "A1", "behaviour": "dynamic"},
    ],
    "back_fields": [
        {"key": "name", "value": "you", "behaviour": "dynamic", "hidden": True},
        {"key": "note", "behaviour": "dynamic", "hidden": True, "change_message": "Note: %@"},
        {"key": "dear", "value": "Dear ${name}, 100%", "change_message": "%@"},
        {"key": "fine", "value": "Made for ${pass.redeem_code} alone"},
    ],
    "barcode": {"format": "qrcode"},
}


def value(position: str, key: str, said: str) -> dict[str, Any]:
    return {f"{position}_fields": [{"key": key, "value": said}]}


class Case(Struct, frozen=True):
    """A change, what phones show, and whether they are told at all."""

    change: dict[str, Any]
    shows: str
    text: str = ""


CASES = {
    "one field": Case(value("primary", "toy", "Boats"), "text", "Toy is now Boats"),
    "a number": Case(value("secondary", "points", "1250"), "text", "You have 1,250"),
    "two fields": Case(value("primary", "toy", "Cars") | value("secondary", "points", "7"), "generic", GENERAL),
    "a field without words": Case(value("secondary", "seat", "B2"), "silent"),
    "one with and one without": Case(
        {**value("primary", "toy", "Kites"), "secondary_fields": [{"key": "seat", "value": "C3"}]},
        "text",
        "Toy is now Kites",
    ),
    "a hidden field": Case(value("back", "note", "secret"), "unchanged"),
    "a hidden field that stands in a text": Case(value("back", "name", "Ada"), "text", "Dear Ada, 100%"),
    "another barcode": Case({"barcode": {"message": "ABC"}}, "silent"),
    "voided": Case({"voided": True}, "silent"),
    "the same again": Case(value("primary", "toy", "Trucks"), "unchanged"),
    "nothing": Case({}, "unchanged"),
}


class Town:
    """An installation whose platform pushes to a simulated push service, with a campaign and a phone."""

    def __init__(self, installation: Installation, service: PushService, root_pem: bytes) -> None:
        self.installation = installation
        made = installation.organization()
        self.login = (made["api_username"], made["api_password"])
        self.campaign = new_campaign(installation, self.login, **FIELDS)
        self.service = service
        self.root_pem = root_pem

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{self.installation.base}{self.campaign}{path}", json=body, auth=self.login, timeout=30
        )
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    with new_installation(folder) as installation:
        root_pem = installation.run("certificate", "dev-root").stdout.encode()
        with PushService(client_authorities=root_pem) as service:
            installation.settings |= apns_environment(service, folder)
            installation.start("web")
            installation.start("worker")
            yield Town(installation, service, root_pem)


def shown(held_by: Phone) -> list[str]:
    return [banner.text.rstrip("\u200b") for banner in held_by.banners]


def updates(held_by: Phone) -> int:
    """How often it fetched its pass because it was told to."""
    return sum(moment.what is Happening.FETCHED for moment in held_by.moments)


def test_every_change_shows_what_was_foretold(town: Town) -> None:
    with ExitStack() as switched_on:
        phones = {name: switched_on.enter_context(phone(town.service, town.root_pem)) for name in CASES}
        passes = {name: town.ask("POST", "/passes", {"pass": {}}) for name in CASES}
        for name, made in passes.items():
            phones[name].add(made["pkpass_url"])
        for name, case in CASES.items():
            told = town.ask("POST", f"/passes/{passes[name]['id']}/forecast", {"pass": case.change})
            assert (told["shows"], told["text"]) == (case.shows, case.text), name
            assert told["devices"] == (0 if case.shows == "unchanged" else 1), name
        for name, case in CASES.items():
            town.ask("PATCH", f"/passes/{passes[name]['id']}", {"pass": case.change})
        for name, case in CASES.items():
            each = phones[name]
            if case.shows != "unchanged":
                each.wait_for(lambda each=each: updates(each) == 1, within=SHOWN, what=name)  # type: ignore[misc]
        # Whoever was not told by the time that all others have shown theirs is not told at all.
        for name, case in CASES.items():
            assert updates(phones[name]) == (0 if case.shows == "unchanged" else 1), name
            assert shown(phones[name]) == ([case.text] if case.text else []), name
            assert phones[name].complaints == [], name
        for each in phones.values():
            each.remove(next(iter(each.passes.values())))


def test_a_merge_and_messages_show_what_was_foretold(town: Town) -> None:
    with phone(town.service, town.root_pem) as johnnys:
        made = town.ask("POST", "/passes", {"pass": value("secondary", "points", "9")})
        johnnys.add(made["pkpass_url"])
        root = {"generic": {"back_fields": [{"key": "dear", "value": "Hello ${name}"}]}}
        requests.patch(
            f"{town.installation.base}{town.campaign}", json=root, auth=town.login, timeout=30
        ).raise_for_status()
        told = {}
        for count, (address, body) in enumerate(
            (
                ("/merge", {}),
                ("/merge", {"push_message": "Something else"}),
                ("/push", {"push_message": "Sale", "reset": False}),
                ("/push", {"push_message": "Sale", "reset": False}),
            ),
            1,
        ):
            told = town.ask("POST", f"{address}/forecast", body)
            (text,) = [one["text"] for one in told["examples"] if one["pass_id"] == made["id"] or one["text"]][:1]
            town.ask("POST", address, body)
            johnnys.wait_for(lambda count=count: len(johnnys.banners) == count, within=SHOWN, what=address)  # type: ignore[misc]
            assert shown(johnnys)[-1] == text.rstrip("\u200b")
        assert shown(johnnys) == ["Hello you", "Something else", "Sale", "Sale"]
        assert told["devices"] == 1
        assert johnnys.complaints == []
