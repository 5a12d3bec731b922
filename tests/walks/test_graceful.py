"""Processes that are told to stop lose nothing: what was begun is finished, and balancers are sent elsewhere first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.walks.conftest import Installation, eventually, free_port, new_campaign, new_installation

CLIENTS = 8
THREADS = 8
"""Of a web process that answers, unless the settings say otherwise."""

pytestmark = pytest.mark.xdist_group("graceful")
"""One installation serves them all."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with new_installation(tmp_path_factory.mktemp("graceful")) as made:
        yield made


def told(base: str, path: str) -> requests.Response:
    return requests.get(f"{base}{path}", timeout=10, allow_redirects=False)


def counted(aside: str) -> float:
    """How often somebody was told where the icon is."""
    wanted = 'passwright_http_request_seconds_count{door="other",method="GET",status="3xx"} '
    lines = told(aside, "/metrics").text.splitlines()
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def children(process: subprocess.Popen[bytes]) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def answering_ones(process: subprocess.Popen[bytes]) -> int:
    """How many of them have come as far as to start their threads."""
    return sum(len(os.listdir(f"/proc/{child}/task")) > THREADS for child in children(process))


def keep_asking(installation: Installation, login: tuple[str, str], path: str, stop: threading.Event) -> list[str]:
    """The ids of the passes that a client made, on one connection or on ever new ones, until it was to stop."""
    made, session = [], requests.Session()
    session.auth = login
    while not stop.is_set():
        caller = session if len(made) % 5 else requests
        answer = caller.post(f"{installation.base}{path}/passes", json={}, auth=login, timeout=30)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    return made


def balance(installation: Installation, stop: threading.Event) -> str:
    """Ask as a balancer does, and send nobody any more once the answer is no; then that answer."""
    while (answer := told(installation.base, "/ready")).status_code == 200:
        time.sleep(0.05)
    stop.set()
    return answer.text


def test_web_processes_count_together_and_end_without_losing_a_request(installation: Installation) -> None:
    credentials = installation.organization()
    login = (credentials["api_username"], credentials["api_password"])
    aside = f"http://127.0.0.1:{free_port()}"
    listens = {"PASSWRIGHT_METRICS_LISTEN": aside.removeprefix("http://")}
    web = installation.start("web", **listens, PASSWRIGHT_PROCESSES="2", PASSWRIGHT_DRAIN_SECONDS="5")
    path = new_campaign(installation, login)

    assert [told(installation.base, place).status_code for place in ("/health", "/ready", "/metrics")] == [
        200,
        200,
        404,
    ]
    assert [told(aside, place).status_code for place in ("/health", "/ready", "/v2/ping")] == [200, 200, 404]
    assert counted(aside) == 0
    with ThreadPoolExecutor(CLIENTS) as threads:
        statuses = list(threads.map(lambda _: told(installation.base, "/favicon.ico").status_code, range(40)))
    assert (set(statuses), counted(aside)) == ({302}, 40)
    victim = children(web)[0]
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: victim not in children(web) and answering_ones(web) == 2, within=60, what="another answers")
    assert counted(aside) == 40

    stop = threading.Event()
    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        clients = [threads.submit(keep_asking, installation, login, path, stop) for _ in range(CLIENTS)]
        balancer = threads.submit(balance, installation, stop)
        time.sleep(0.7)
        web.send_signal(signal.SIGTERM)
        answered = [made for client in clients for made in client.result(30)]
        assert json.loads(balancer.result()) == {"ready": False, "process": "stopping"}
    assert len(answered) > CLIENTS
    assert web.wait(30) == 0
    with installation.rows() as rows:
        assert {str(made) for (made,) in rows.execute("SELECT id FROM pass")} == set(answered)
    assert not list((installation.home / "counts").iterdir())


def test_a_worker_finishes_the_job_at_hand(installation: Installation) -> None:
    aside = f"http://127.0.0.1:{free_port()}"
    digest = "0" * 64
    job = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'remove_images'"
    with installation.rows() as gate:
        gate.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [digest])
        gate.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'remove_images', %s)",
            [json.dumps({"digests": [digest]})],
        )
        worker = installation.start("worker", PASSWRIGHT_WORKER_LISTEN=aside.removeprefix("http://"))
        eventually(lambda: installation.one(job) == "doing", within=60, what="the worker has the job")
        assert [told(aside, place).status_code for place in ("/health", "/ready", "/v2/ping")] == [200, 200, 404]
        numbers = told(aside, "/metrics").text.splitlines()
        assert 'passwright_jobs{state="doing",task="remove_images"} 1.0' in numbers
        assert "passwright_workers 1.0" in numbers
        worker.send_signal(signal.SIGTERM)
        eventually(lambda: told(aside, "/ready").status_code == 503, within=10, what="it says that it stops")
        assert told(aside, "/health").status_code == 200
        assert (worker.poll(), installation.one(job)) == (None, "doing")
    assert worker.wait(30) == 0
    assert installation.one(job) is None


TOLD_TO_STOP_WHILE_IT_STARTS = """
import asyncio, os, signal, threading
from passwright.interfaces.cli import serve
from passwright.interfaces.cli.installation import installation, quiet

async def start_and_stop(after):
    asyncio.get_running_loop().call_later(after, os.kill, os.getpid(), signal.SIGTERM)
    await serve.work(2, threading.Event())

with installation(say=quiet, migrates=False):
    for milliseconds in range(0, 60, 4):
        asyncio.run(start_and_stop(milliseconds / 1000))
print("ended")
"""


def test_a_worker_that_is_told_to_stop_while_it_starts_ends(installation: Installation) -> None:
    script = [sys.executable, "-c", TOLD_TO_STOP_WHILE_IT_STARTS]
    ended = subprocess.run(script, env=installation.environment, capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "ended\n"
