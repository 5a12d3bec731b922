"""What devices complain of: little is kept of much, beside the pass that it is about, and without tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from passwright.data.models import DeviceLog, Pass
from passwright.interfaces.apple import device_logs
from passwright.interfaces.apple.device_logs import MOST_A_MINUTE, MinuteCount
from passwright.operations import keep_device_logs as keeping
from passwright.operations.keep_device_logs import keep_device_logs
from passwright.operations.sweep_devices import sweep_devices
from tests import public_ground as ground
from tests.interfaces.apple.phones import card_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_sent_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_logs, "sent", MinuteCount())


@pytest.fixture
def row(db: None) -> Pass:
    return ground.issued(ground.campaign(ground.organization()))


def send(*lines: Any, **more: Any) -> int:
    return Client().post("/apple/v1/log", {"logs": list(lines)}, content_type="application/json", **more).status_code


def unchanged(serial: str, identifier: str) -> str:
    return (
        f"[2026-11-26 11:57:01 +0000] Web service error for {identifier} (http://127.0.0.1:8000/apple): Server "
        f"requested update to serial number '{serial}', but the pass was unchanged."
    )


def test_a_line_stands_beside_its_pass(row: Pass) -> None:
    card = card_of(row)
    lines = [
        unchanged(card.serial, card.identifier),
        unchanged(card.serial, "pass.example.other"),
        unchanged("8c6772f0-99d5-41aa-b7a3-2f5ffbf7f899", card.identifier),
        "Something else",
    ]
    assert send(*lines) == 200
    kept = list(DeviceLog.objects.order_by("id"))
    assert [each.line for each in kept] == lines
    assert [each.phrase for each in kept] == ["unchanged"] * 3 + [None]
    assert [(each.campaign_id, each.pass_id) for each in kept] == [(row.campaign_id, row.id)] + [(None, None)] * 3


def test_no_secret_is_kept(row: Pass) -> None:
    card = card_of(row)
    said = f"Register task (for device {'d' * 32}, pass type {card.identifier}, serial number {card.serial}; …)"
    assert send(f"{said} with ApplePass {card.token}") == 200
    kept = DeviceLog.objects.get()
    assert kept.pass_id == row.id
    assert card.token not in kept.line
    assert "d" * 32 not in kept.line
    assert kept.line.count("[hidden]") == 2


def test_of_a_request_twenty_lines_are_kept_and_of_a_line_two_thousand_signs(db: None) -> None:
    assert send("x" * 3_000, *map(str, range(40))) == 200
    assert DeviceLog.objects.count() == 20
    assert max(len(each.line) for each in DeviceLog.objects.all()) == 2_000


def test_an_address_has_a_limit_a_minute(db: None) -> None:
    for _ in range(MOST_A_MINUTE // 20 + 2):
        assert send(*map(str, range(20)), REMOTE_ADDR="192.0.2.1") == 200
    assert DeviceLog.objects.count() == MOST_A_MINUTE
    assert send("a line", REMOTE_ADDR="192.0.2.2") == 200
    assert DeviceLog.objects.count() == MOST_A_MINUTE + 1


def test_a_minute_later_there_is_room_again() -> None:
    count = MinuteCount()
    assert [count.room("a", 200, seconds=59), count.room("a", 200, seconds=59)] == [200, 100]
    assert [count.room("a", 1, seconds=59), count.room("b", 1, seconds=59)] == [0, 1]
    assert count.room("a", 200, seconds=60) == 200


def test_the_platform_has_a_limit_an_hour(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_AN_HOUR", 5)
    now = ground.now()
    assert keep_device_logs(lines=["a", "b", "c"], now=now) == 3
    assert keep_device_logs(lines=["a", "b", "c"], now=now) == 2
    assert keep_device_logs(lines=["a"], now=now) == 0
    assert keep_device_logs(lines=["a"], now=now + timedelta(hours=1, seconds=1)) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff", b'{"logs": [1]}', b'{"logs": {}}', b"[" * 100_000, b" " * 300_000]
)
def test_what_is_no_log_is_refused(db: None, body: bytes) -> None:
    answer = Client().generic("POST", "/apple/v1/log", body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert not DeviceLog.objects.exists()


def test_an_empty_log_and_strange_letters_are_taken(db: None) -> None:
    assert send() == 200
    assert send("", "\x00", "🎫\u2028é", "'; DROP TABLE pass") == 200
    assert list(DeviceLog.objects.order_by("id").values_list("line", flat=True)) == ["🎫 é", "'; DROP TABLE pass"]


def test_lines_are_kept_for_thirty_days(db: None) -> None:
    now = ground.now()
    keep_device_logs(lines=["old"], now=now - timedelta(days=30, seconds=1))
    keep_device_logs(lines=["young"], now=now - timedelta(days=29))
    sweep_devices(now=now)
    assert [each.line for each in DeviceLog.objects.all()] == ["young"]
