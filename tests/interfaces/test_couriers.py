"""Couriers go on whatever happens, and end with the batch at hand."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError

from passwright.interfaces import couriers
from passwright.interfaces.couriers import Courier, carrying
from passwright.interfaces.seldom import Seldom


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(couriers, "PAUSE_SECONDS", 0.01)


def test_failures_do_not_end_a_courier(caplog: pytest.LogCaptureFixture) -> None:
    fates = iter([OperationalError("lost"), ValueError("odd"), True, False])
    carried = threading.Event()

    def step() -> bool:
        fate = next(fates, None)
        if isinstance(fate, Exception):
            raise fate
        if fate is None:
            carried.set()
        return bool(fate)

    closed: list[str] = []
    with carrying([Courier("pushes", step, lambda: closed.append("pushes"))]):
        assert carried.wait(10)
    assert closed == ["pushes"]


def test_the_batch_at_hand_is_finished_and_no_other_begun() -> None:
    began, go_on, stop = threading.Event(), threading.Event(), threading.Event()
    batches: list[str] = []

    def step() -> bool:
        began.set()
        assert go_on.wait(10)
        batches.append("carried")
        return True

    with carrying([Courier("pushes", step)], stop=stop):
        assert began.wait(10)
        stop.set()
        go_on.set()
    assert batches == ["carried"]


def test_couriers_that_hang_are_left_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "STOP_SECONDS", 0.3)
    released = threading.Event()
    started = time.monotonic()
    with carrying([Courier(name, lambda: released.wait(10)) for name in ("pushes", "webhooks", "others")]):
        pass
    assert time.monotonic() - started < 0.8
    released.set()


class FromLogs(list[str]):
    """What couriers say, in place of their log."""

    def warning(self, event: str, **_more: object) -> None:
        self.append(event)


def test_a_lost_database_is_said_once_whoever_finds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    said = FromLogs()
    monkeypatch.setattr(couriers, "log", said)
    tries = threading.Semaphore(0)

    def step() -> bool:
        tries.release()
        raise OperationalError("lost")

    with carrying([Courier(name, step) for name in ("pushes", "webhooks", "others")]):
        for _ in range(30):
            assert tries.acquire(timeout=10)
    assert said == ["couriers_lost_the_database_and_try_again"]


def test_what_goes_on_is_said_again_after_a_while() -> None:
    times = iter([0.0, 59.0, 60.0, 61.0])
    says = Seldom(60.0, clock=lambda: next(times))
    assert [says() for _ in range(4)] == [True, False, True, False]
