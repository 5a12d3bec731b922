"""PostgreSQL goes away for a while. The worker waits for it and goes on; only a signal ends it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.walks.conftest import COMMAND, Installation, eventually

DEFER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
VALUES ('default', 'purge_campaign', jsonb_build_object('campaign_id', %s::text))
"""

JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'purge_campaign'"

FAILED_JOBS = r"(?m)^.*\[procrastinate\.worker\]\n(?:(?!\d{4}-\d\d-\d\d).*\n)*"
"""What is said of a job that was at hand when its connection was cut: it is done again."""


def defer(installation: Installation) -> None:
    with installation.rows() as connection:
        connection.execute(DEFER, [str(uuid.uuid4())])


def test_a_worker_outlives_the_database(installation: Installation, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("wb") as stderr:
        worker = subprocess.Popen(
            [*COMMAND, "worker"], env=installation.environment, stderr=stderr, start_new_session=True
        )
    installation.processes.append(worker)
    defer(installation)
    eventually(lambda: installation.one(JOBS) == 0, within=60, what="the worker does jobs")

    name = urlsplit(installation.url).path.strip("/")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]  # our own name
        for _ in range(10):
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            time.sleep(0.3)
        assert worker.poll() is None
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]  # our own name

    defer(installation)
    eventually(lambda: installation.one(JOBS) == 0, within=90, what="it does jobs again")
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    others = re.sub(FAILED_JOBS, "", said.read_text())
    assert "Traceback" not in others, others
    lines = [line for line in others.splitlines() if "job_of_dead_worker_starts_again" not in line]
    assert len(lines) <= 2, "its queue says so, and one of its couriers"
    assert all("lost_the_database_and_tr" in line for line in lines)
    assert lines


def test_a_worker_that_waits_for_the_database_can_be_stopped(installation: Installation) -> None:
    worker = installation.start("worker")
    defer(installation)
    eventually(lambda: installation.one(JOBS) == 0, within=60, what="the worker does jobs")
    name = urlsplit(installation.url).path.strip("/")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]  # our own name
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        time.sleep(1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
