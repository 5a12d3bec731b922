"""A whole installation with what lies around it: phones and their push service, and a receiver of webhooks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests

from passwright.phone.habits import Habit
from passwright.phone.phone import Phone
from passwright.phone.push_service import PushService
from tests import phones
from tests.fakes.receiver import Receiver, receiving
from tests.walks.conftest import Installation, eventually, new_campaign

LEVEL = {"key": "level", "label": "LEVEL", "change_message": "Your level is now %@", "behaviour": "dynamic"}
FIELDS: dict[str, Any] = {
    "primary_fields": [{"key": "member", "label": "MEMBER", "behaviour": "dynamic"}],
    "auxiliary_fields": [LEVEL, {"key": "season", "label": "SEASON", "value": "Spring"}],
}

NUMBERS = count(1)
WORKERS = "SELECT coalesce(max(id), 0) FROM procrastinate_workers"
AUTHORITY = "SELECT root_pem || intermediate_pem FROM development_authority"
TO_SPREAD = "SELECT count(*) FROM push WHERE spread_at IS NULL"
QUEUED = "SELECT count(*) FROM delivery WHERE state = 'queued'"
WAITING = "SELECT count(*) FROM webhook_delivery WHERE state = 'queued'"
DUE_NOW = """
UPDATE {0} SET due_at = now() FROM (
    SELECT ctid AS place FROM {0} WHERE state = 'queued' AND due_at > now() AND {1} FOR UPDATE SKIP LOCKED
) AS later WHERE {0}.ctid = later.place
"""
"""The time that somebody has for what he took, or until the next try, is over."""


@dataclass
class Town:
    installation: Installation
    service: PushService
    receiver: Receiver
    roots: bytes
    """Of everybody who signs passes here."""
    around: ExitStack
    credentials: dict[str, Any] = field(default_factory=dict)

    @property
    def login(self) -> tuple[str, str]:
        return self.credentials["api_username"], self.credentials["api_password"]

    @property
    def base(self) -> str:
        return self.installation.environment["PASSWRIGHT_URL"]

    def phone(self, *habits: Habit, **options: Any) -> Phone:
        return self.around.enter_context(phones.phone(self.service, self.roots, habits, **options))

    def campaign(self, login: tuple[str, str] | None = None, **content: Any) -> str:
        """Its path."""
        named = {"name": f"Members {next(NUMBERS)}", "barcode": {}, **FIELDS}
        return new_campaign(self.installation, login or self.login, **{**named, **content})

    def start_worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """One that does its work and knows how to stop."""
        before = self.installation.one(WORKERS)
        worker = self.installation.start("worker", **settings)
        eventually(lambda: self.installation.one(WORKERS) > before, within=60, what="the worker works")
        return worker

    def call(
        self, method: str, path: str, body: Any = None, *, login: tuple[str, str] | None = None, status: int = 200
    ) -> Any:
        answer = requests.request(method, f"{self.base}{path}", json=body, auth=login or self.login, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()

    def issue(self, campaign: str, login: tuple[str, str] | None = None, **content: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.call("POST", f"{campaign}/passes", {"pass": content}, login=login, status=201)
        return made

    def say(self, campaign: str, pass_id: str, level: str, login: tuple[str, str] | None = None) -> None:
        self.call("PATCH", f"{campaign}/passes/{pass_id}", level_of(level), login=login)

    def due_now(self, table: str, which: str = "true") -> None:
        with self.installation.rows() as rows:
            rows.execute(DUE_NOW.format(table, which))

    def is_quiet(self) -> bool:
        """Whether everything was sent that was to be sent."""
        return not any(self.installation.one(query) for query in (TO_SPREAD, QUEUED, WAITING))

    def come_to_rest(self, *, within: float = 30) -> None:
        """Nobody waits for claims of the dead or for the next try."""

        def is_quiet() -> bool:
            self.due_now("delivery")
            self.due_now("webhook_delivery")
            return self.is_quiet()

        eventually(is_quiet, within=within, what="all pushes and webhooks are sent")


def level_of(level: str) -> dict[str, Any]:
    return {"pass": {"auxiliary_fields": [{"key": "level", "value": level}]}}


@contextmanager
def town(installation: Installation, folder: Path, *, authorities: bytes = b"", base: str = "") -> Iterator[Town]:
    """Nothing runs yet. ``authorities``: who signs passes here beside the development authority of the installation."""
    roots = str(installation.one(AUTHORITY)).encode() + authorities
    with ExitStack() as around:
        service = around.enter_context(PushService(client_authorities=roots))
        receiver = around.enter_context(receiving())
        installation.settings.update(
            phones.apns_environment(service, folder),
            PASSWRIGHT_WEBHOOK_HOSTS=receiver.host,
            PASSWRIGHT_URL=base or installation.base,
        )
        made = Town(installation, service, receiver, roots, around)
        made.credentials = installation.organization()
        yield made


@contextmanager
def hook(town: Town, **wanted: Any) -> Iterator[None]:
    """The receiver is told of what happens to passes of the first organization: the contract's events, unless it says
    which it wants."""
    town.receiver.got.clear()
    body = {"webhook": {"url": town.receiver.url(), **wanted}}
    made = town.call("POST", "/v2/webhooks", body, status=201)
    yield
    town.call("DELETE", f"/v2/webhooks/{made['id']}")


def end(process: subprocess.Popen[bytes]) -> int:
    process.terminate()
    return process.wait(30)
