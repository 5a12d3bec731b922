"""A worker that carries a webhook is killed, and another one is told to stop. The receiver hears everything."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler

import pytest
import requests
from standardwebhooks import Webhook

from tests.fakes.receiver import answering, receiving
from tests.walks.conftest import Installation, eventually, kill, new_campaign

WORKERS = "SELECT max(id) FROM procrastinate_workers"
COUNTED = """
SELECT sum(amount)::int
FROM (SELECT counter, amount FROM tally UNION ALL SELECT counter, amount FROM daily_count) AS counted
WHERE counter = 'webhooks'
"""
STATES = "SELECT array_agg(state ORDER BY at) FROM webhook_delivery"


def test_no_webhook_is_lost_with_a_worker(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("PASSWRIGHT_WEBHOOK_HOSTS", receiver.host)
        credentials = installation.organization()
        login = (credentials["api_username"], credentials["api_password"])
        installation.start("web")
        campaign = f"{installation.base}{new_campaign(installation, login)}"
        sent = {"url": receiver.url(), "events": ["created", "redeemed", "voided"]}
        hook = requests.post(f"{installation.base}/v2/webhooks", json=sent, auth=login, timeout=30).json()
        let_go = threading.Event()

        def waiting(handler: BaseHTTPRequestHandler) -> None:
            let_go.wait(30)
            answering(200)(handler)

        receiver.mood = waiting
        worker = installation.start("worker")
        made = requests.post(f"{campaign}/passes", auth=login, timeout=30).json()
        eventually(lambda: len(receiver.got) == 1, within=60, what="the receiver is called")
        kill(worker)
        assert installation.one(STATES) == ["queued"]
        let_go.set()

        receiver.mood = answering(200)
        with installation.rows() as connection:  # instead of the minute for which it was the dead worker's
            connection.execute("UPDATE webhook_delivery SET due_at = now()")
        known = installation.one(WORKERS)
        worker = installation.start("worker")
        eventually(lambda: installation.one(STATES) == ["delivered"], within=60, what="it has arrived")
        first, again = receiver.got
        assert (first.id, first.body) == (again.id, again.body)
        assert again.json["pass_id"] == made["id"]
        assert again.headers["authorization"] == credentials["api_password"]
        Webhook(hook["secret"]).verify(again.body, again.headers)

        eventually(lambda: installation.one(WORKERS) != known, within=60, what="the worker has started completely")
        receiver.mood = answering(200, after=1)
        requests.post(f"{campaign}/passes/{made['id']}/redeem", auth=login, timeout=30).raise_for_status()
        eventually(lambda: len(receiver.got) == 4, within=30, what="the redeem is told")
        worker.terminate()
        assert worker.wait(20) == 0
        assert {each["event"] for each in (got.json for got in receiver.got[2:])} == {"redeemed", "voided"}
        assert installation.one(STATES) == ["delivered"] * 3
        assert installation.one(COUNTED) == 3
