"""A phone of the tests: it holds passes and speaks the protocol, and nothing more than a phone knows."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.test import Client
from msgspec import Struct

from passwright import secrets
from passwright.data.models import Pass

PUSH_TOKEN = "ab" * 32


class Card(Struct):
    """A pass as a wallet has it."""

    identifier: str
    serial: str
    token: str
    said: dict[str, Any]
    last_modified: str | None = None


def card_of(row: Pass, identifier: str | None = None) -> Card:
    """The pass before it was ever fetched."""
    known = identifier or row.campaign.certificate.pass_type_identifier
    return Card(known, str(row.serial_number), secrets.authentication_token(row.serial_number), {})


def pass_json(pkpass: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(pkpass)) as archive:
        said: dict[str, Any] = json.loads(archive.read("pass.json"))
    return said


class Phone:
    """One wallet. ``application``: whatever answers as `django.test.Client` does."""

    def __init__(self, name: str = "d" * 32, *, scheme: str = "ApplePass", push_token: str = PUSH_TOKEN) -> None:
        self.name = name
        self.scheme = scheme
        self.push_token = push_token
        self.client = Client()
        self.tags: dict[str, str] = {}
        self.cards: dict[str, Card] = {}

    def place(self, card: Card) -> str:
        return f"/apple/v1/devices/{self.name}/registrations/{card.identifier}/{card.serial}"

    def authorized(self, card: Card, **headers: str) -> dict[str, str]:
        return {"Authorization": f"{self.scheme} {card.token}", **headers}

    def register(self, card: Card, body: Any = None, **headers: str) -> int:
        sent = json.dumps({"pushToken": self.push_token} if body is None else body)
        answer = self.client.post(
            self.place(card), sent, content_type="application/json", headers=self.authorized(card, **headers)
        )
        if answer.status_code in (200, 201):
            self.cards[card.serial] = card
        return answer.status_code

    def unregister(self, card: Card) -> int:
        self.cards.pop(card.serial, None)
        return self.client.delete(self.place(card), headers=self.authorized(card)).status_code

    def changed(self, identifier: str, tag: str | None = None) -> list[str]:
        """Which serial numbers are said to have changed since the tag, which is kept as a phone does."""
        query = {} if tag is None else {"passesUpdatedSince": tag}
        answer = self.client.get(f"/apple/v1/devices/{self.name}/registrations/{identifier}", query)
        if answer.status_code == 204:
            assert answer.content == b""
            return []
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/json"
        said = answer.json()
        assert said["lastUpdated"] != tag
        self.tags[identifier] = said["lastUpdated"]
        serials: list[str] = said["serialNumbers"]
        assert serials
        return serials

    def ask(self, card: Card, method: str = "get", **headers: str) -> Any:
        if card.last_modified:
            headers["If-Modified-Since"] = card.last_modified
        address = f"/apple/v1/passes/{card.identifier}/{card.serial}"
        return getattr(self.client, method)(address, headers=self.authorized(card, **headers))

    def fetch(self, card: Card) -> int:
        answer = self.ask(card)
        if answer.status_code == 200:
            card.said = pass_json(answer.content)
            card.last_modified = answer["Last-Modified"]
        return int(answer.status_code)

    def poll(self, identifier: str) -> list[str]:
        """Ask what has changed since last time, and fetch it."""
        serials = self.changed(identifier, self.tags.get(identifier))
        for serial in serials:
            if card := self.cards.get(serial):
                assert self.fetch(card) in (200, 304)
        return serials
