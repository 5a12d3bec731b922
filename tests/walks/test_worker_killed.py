"""A worker is killed in the middle of a job. Nothing is lost: after a restart the job is finished."""

from __future__ import annotations

import time

import requests

from tests.walks.conftest import Installation, eventually, kill, new_campaign

PASSES = 60_000

MANY = """
INSERT INTO pass (id, campaign_id, serial_number, redeem_code, epoch, version, voided, redeemed_count,
    created_at, updated_at)
SELECT gen_random_uuid(), %s, gen_random_uuid(), lpad(number::text, 7, '0'), 1, 1, false, 0, now(), now()
FROM generate_series(1, %s) AS number
"""

JOB = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'purge_campaign'"


def test_a_job_of_a_killed_worker_is_finished_after_a_restart(installation: Installation) -> None:
    credentials = installation.organization()
    login = (credentials["api_username"], credentials["api_password"])
    installation.start("web")
    campaign = new_campaign(installation, login).rpartition("/")[2]
    with installation.rows() as connection:
        connection.execute(MANY, (campaign, PASSES))

    deleted = requests.delete(f"{installation.base}/v2/generics/{campaign}", auth=login, timeout=30)
    assert deleted.json() == {"errors": []}
    assert installation.one(JOB) == "todo"

    def left() -> int:
        return int(installation.one("SELECT count(*) FROM pass WHERE campaign_id = %s", campaign))

    worker = installation.start("worker")
    eventually(lambda: left() < PASSES, within=60, what="the first passes are gone")
    kill(worker)
    assert 0 < left() < PASSES, "the worker was to be killed in the middle of its job"
    assert installation.one(JOB) == "doing"

    restarted = time.monotonic()
    installation.start("worker")
    eventually(
        lambda: installation.one("SELECT count(*) FROM campaign WHERE id = %s", campaign) == 0,
        within=90,
        what="the campaign is gone",
    )
    assert left() == 0
    assert time.monotonic() - restarted < 60
    eventually(lambda: installation.one(JOB) is None, within=20, what="the finished job is cleared away")
