"""Calls of the API that several web processes count in memory come to be known, also when the processes end; and a
worker sums up by itself what was counted."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.walks.conftest import Installation, eventually, new_campaign

CALLS = 30
KNOWN = "SELECT coalesce(sum(amount), 0) FROM tally WHERE counter = 'api_calls'"


def test_calls_are_written_down_soon_and_at_the_end_and_summed_up(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWRIGHT_PROCESSES", "2")
    credentials = installation.organization()
    login = (credentials["api_username"], credentials["api_password"])
    web = installation.start("web")
    campaign = f"{installation.base}{new_campaign(installation, login)}"

    def call(_: int) -> Any:
        return requests.get(campaign, auth=login, timeout=30).status_code

    def call_often() -> None:
        with ThreadPoolExecutor(6) as threads:
            assert set(threads.map(call, range(CALLS))) == {200}

    call_often()
    eventually(lambda: installation.one(KNOWN) == CALLS, within=30, what="the calls of both processes are known")
    call_often()
    os.kill(web.pid, signal.SIGTERM)
    assert web.wait(60) == 0
    assert installation.one(KNOWN) == 2 * CALLS

    installation.start("worker")
    eventually(lambda: installation.one("SELECT count(*) FROM tally") == 0, within=60, what="the tallies are summed up")
    assert installation.one("SELECT amount FROM daily_count WHERE counter = 'api_calls'") == 2 * CALLS
