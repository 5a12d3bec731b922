"""Health is that the process lives, readiness that it can do its work; neither tells more than that."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from passwright import storage
from passwright.interfaces.vital_signs import health, kept
from passwright.interfaces.vital_signs.application import VitalSigns
from passwright.interfaces.vital_signs.kept import Kept, Late
from tests.interfaces.vital_signs.calls import ask, behind

SIGNS = VitalSigns(behind)
WELL = {"ready": True, "process": "ok", "database": "ok", "migrations": "ok", "storage": "ok"}


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be reached, and says its host and password about it."""

    def refuse() -> bool:
        raise OperationalError('connection to server at "10.1.2.3" failed: password "S3cret"')

    monkeypatch.setattr(health, "are_applied", refuse)


def test_health_needs_no_database() -> None:
    told = ask(SIGNS, "/health")
    assert (told.status, told.content) == (200, {"status": "ok"})
    assert told.headers["Cache-Control"] == "no-store"
    assert ask(SIGNS, "/health", **{"passwright.stopping": True}).status == 200


def test_head_and_other_methods() -> None:
    head = ask(SIGNS, "/health", "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "15")
    posted = ask(SIGNS, "/health", "POST")
    assert (posted.status, posted.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db
def test_ready_when_all_is_well() -> None:
    told = ask(SIGNS, "/ready")
    assert (told.status, told.content) == (200, WELL)


@pytest.mark.usefixtures("nowhere")
def test_not_ready_without_the_database() -> None:
    told = ask(SIGNS, "/ready")
    assert told.status == 503
    assert told.content == {**WELL, "ready": False, "database": "unreachable", "migrations": "unknown"}
    assert b"S3cret" not in told.body
    assert b"10.1" not in told.body


@pytest.mark.django_db
def test_not_ready_before_the_tables_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'data' AND name = '0006_alive'")
    told = ask(SIGNS, "/ready")
    assert told.status == 503
    assert told.content == {**WELL, "ready": False, "migrations": "missing: run passwright migrate"}


@pytest.mark.django_db
def test_ready_with_tables_of_a_newer_version() -> None:
    """While a new version is rolled out the old one goes on."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('data', '0999_later', now())")
    assert ask(SIGNS, "/ready").status == 200


@pytest.mark.django_db
def test_not_ready_without_a_place_for_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(storage, "HOME", tmp_path / "file")
    told = ask(SIGNS, "/ready")
    assert (told.status, told.content) == (503, {**WELL, "ready": False, "storage": "not writable"})


@pytest.mark.usefixtures("nowhere")
def test_not_ready_when_told_to_stop() -> None:
    told = ask(SIGNS, "/ready", **{"passwright.stopping": True})
    assert (told.status, told.content) == (503, {"ready": False, "process": "stopping"})


def test_where_pictures_are_kept_stays_clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(storage, "HOME", tmp_path)
    assert storage.is_writable()
    assert [path.name for path in tmp_path.rglob("*")] == ["images"]


def test_one_asks_for_all_and_the_others_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PATIENCE_SECONDS", 0.05)
    asking, answered = threading.Event(), threading.Event()
    asked = []

    def find_out() -> Any:
        asked.append(1)
        asking.set()
        assert answered.wait(10)
        return "found"

    slow = Kept(find_out, 60.0)
    first = threading.Thread(target=slow.get)
    first.start()
    assert asking.wait(10)
    with pytest.raises(Late):
        slow.get()
    answered.set()
    first.join()
    assert [slow.get(), slow.get(), len(asked)] == ["found", "found", 1]


def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def late() -> Any:
        raise Late

    monkeypatch.setattr(health.kept_readiness, "get", late)
    told = ask(SIGNS, "/ready")
    assert (told.status, told.content["database"]) == (503, "does not answer")
