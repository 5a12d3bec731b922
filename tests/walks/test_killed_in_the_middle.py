"""The web process is killed between a pass and its answer. Sent again, the request makes the pass, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.walks.conftest import Installation, answering, eventually, kill, new_campaign

GATE = """
CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
CREATE TRIGGER gate BEFORE UPDATE OF answer ON idempotent_answer
    FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate()
"""
"""The pass is made and the answer is about to be written: there everybody waits while the test holds the lock."""

AT_THE_GATE = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
MADE = "SELECT count(*) FROM pass"
KEPT = "SELECT count(*) FROM idempotent_answer"
NAMED = "SELECT count(*) FROM pass WHERE external_id = 'one'"


def test_a_killed_request_leaves_nothing_and_is_done_by_the_next(installation: Installation) -> None:
    credentials = installation.organization()
    login = (credentials["api_username"], credentials["api_password"])
    web = installation.start("web")
    place = f"{installation.base}{new_campaign(installation, login)}"

    def send() -> requests.Response:
        return requests.post(
            f"{place}/passes",
            json={"pass": {"external_id": "one"}},
            headers={"Idempotency-Key": "retry-me"},
            auth=login,
            timeout=60,
        )

    with installation.rows() as gate:
        gate.execute(GATE)
        gate.execute("SELECT pg_advisory_lock(1)")
        with ThreadPoolExecutor() as threads:
            broken = threads.submit(fails, send)
            eventually(lambda: installation.one(AT_THE_GATE) == 1, within=30, what="the request is at the gate")
            kill(web)
            assert broken.result(30)
        gate.execute("SELECT pg_advisory_unlock(1)")
    eventually(lambda: installation.one(AT_THE_GATE) == 0, within=30, what="its transaction is over")
    assert (installation.one(MADE), installation.one(KEPT)) == (0, 0)

    installation.start("web")
    eventually(lambda: answering(installation.base), within=60, what="the web process answers again")
    first, again = send(), send()
    assert (first.status_code, first.json()["redeem_code"]) == (201, "0000001")
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert (installation.one(MADE), installation.one(NAMED), installation.one(KEPT)) == (1, 1, 1)


def fails(send: Callable[[], requests.Response]) -> bool:
    """Whether the connection broke."""
    try:
        send()
    except requests.ConnectionError:
        return True
    return False
