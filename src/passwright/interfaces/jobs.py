"""The worker's door: a task names an operation and hands on its arguments.

Every operation here is safe to run twice and after a kill: a job of a worker that no longer gives a sign of life is
started again by the sweeper, and a failing one is tried again with growing waits.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from procrastinate import App, JobContext, RetryStrategy
from procrastinate.contrib.django import app as _app

from passwright.interfaces.mail.send_pass_links import Try, send_pass_links
from passwright.operations.attempts import forget_attempts
from passwright.operations.delete_old_usage import delete_old_usage
from passwright.operations.delete_old_webhooks import delete_old_webhooks
from passwright.operations.expire_passes import expire_passes
from passwright.operations.find_stores import find_stores
from passwright.operations.forget_answers import forget_answers
from passwright.operations.import_passes import import_passes
from passwright.operations.index_codes import index_codes
from passwright.operations.leave_mail import TASK, Reason
from passwright.operations.make_development_certificates import make_development_certificates
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.purge_left_campaigns import purge_left_campaigns
from passwright.operations.remove_holder_pictures import remove_holder_pictures
from passwright.operations.remove_images import remove_images
from passwright.operations.roll_up_counts import roll_up_counts
from passwright.operations.roll_up_deliveries import roll_up_deliveries
from passwright.operations.roll_up_link_counts import roll_up_link_counts
from passwright.operations.run_scheduled_pushes import run_scheduled_pushes
from passwright.operations.sweep_devices import sweep_devices
from passwright.operations.sweep_pictures import sweep_pictures
from passwright.operations.tend_bulk_imports import tend_bulk_imports
from passwright.operations.warn_of_certificates import warn_of_certificates
from passwright.payloads.pass_rows import PassRows
from passwright.settings import ENVIRONMENT

app: App = _app
log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 3.0
"""How often a worker says that it lives."""

STALLED_AFTER_SECONDS = 12.0
"""A worker silent for this long is taken for dead: its jobs go to others."""

AGAIN = RetryStrategy(max_attempts=12, exponential_wait=3)
"""Waits of 3, 9, 27 ... seconds, in all some days."""


@app.task(name="purge_campaign", retry=AGAIN)
def purge(campaign_id: str) -> None:
    purge_campaign(campaign_id=uuid.UUID(campaign_id))


@app.task(name="remove_images", retry=AGAIN)
def remove(digests: Sequence[str]) -> None:
    remove_images(digests=digests)


@app.task(name="remove_holder_pictures", retry=AGAIN)
def remove_given(asset_ids: Sequence[str]) -> None:
    remove_holder_pictures(asset_ids=asset_ids)


@app.task(name="import_passes", retry=AGAIN)
def import_rows(bulk_import_id: str) -> None:
    import_passes(bulk_import_id=uuid.UUID(bulk_import_id), reader=PassRows, clock=now)


@app.task(name="index_codes", retry=AGAIN)
def index(campaign_id: str) -> None:
    index_codes(campaign_id=uuid.UUID(campaign_id))


@app.task(name="find_stores", retry=AGAIN)
def find_near_stores(campaign_id: str) -> None:
    find_stores(campaign_id=uuid.UUID(campaign_id), now=now())


@app.task(name=TASK, retry=AGAIN, pass_context=True)
def write_to_holder(context: JobContext, pass_id: str, opened_by: str, reason: str, to: str | None = None) -> None:
    job = context.job
    this = Try(job_id=job.id or 0, first=job.attempts == 0, last=job.attempts + 1 >= (AGAIN.max_attempts or 1))
    send_pass_links(
        pass_id=uuid.UUID(pass_id), opened_by=uuid.UUID(opened_by), reason=Reason(reason), to=to, this=this, at=now()
    )


def now() -> datetime:
    return datetime.now(UTC)


@app.periodic(cron="* * * * * */5")
@app.task(name="sweep_stalled_jobs", pass_context=True)
async def sweep_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Give the jobs of dead workers to living ones. No lock on it: it must never wait for a dead one itself."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        if job.id is not None:
            log.warning("job_of_dead_worker_starts_again", job=job.id, task=job.task_name)
            await manager.retry_job(job)


# Deferred once a tick, however many workers there are. What fails is not tried again: the next tick does it.
@app.periodic(cron="* * * * * */5")
@app.task(name="roll_up_counts")
def roll_up(timestamp: int) -> None:
    roll_up_counts()
    roll_up_link_counts()


@app.periodic(cron="* * * * * */5")
@app.task(name="run_scheduled_pushes")
def run_scheduled(timestamp: int) -> None:
    run_scheduled_pushes(now=datetime.now(UTC))


@app.periodic(cron="* * * * *")
@app.task(name="expire_passes")
def expire(timestamp: int) -> None:
    expire_passes(now=datetime.now(UTC))


@app.periodic(cron="17 3 * * *")
@app.task(name="renew_development_certificates", retry=AGAIN)
def renew_development_certificates(timestamp: int) -> None:
    """A platform that runs for a year would find them expired: `passwright migrate` makes them at a start only."""
    if ENVIRONMENT.development_ca:
        make_development_certificates(now=datetime.now(UTC))


@app.periodic(cron="37 3 * * *")
@app.task(name="purge_left_campaigns", retry=AGAIN)
def purge_left(timestamp: int) -> None:
    purge_left_campaigns(now=datetime.now(UTC))


@app.periodic(cron="57 3 * * *")
@app.task(name="sweep_pictures", retry=AGAIN)
def sweep(timestamp: int) -> None:
    sweep_pictures(now=datetime.now(UTC))


@app.periodic(cron="47 * * * *")
@app.task(name="forget_answers", retry=AGAIN)
def forget(timestamp: int) -> None:
    forget_answers(now=datetime.now(UTC))


@app.periodic(cron="52 * * * *")
@app.task(name="forget_attempts", retry=AGAIN)
def forget_old_attempts(timestamp: int) -> None:
    forget_attempts(now=datetime.now(UTC))


@app.periodic(cron="7 4 * * *")
@app.task(name="delete_old_usage", retry=AGAIN)
def delete_usage(timestamp: int) -> None:
    delete_old_usage(now=datetime.now(UTC))


@app.periodic(cron="23 4 * * *")
@app.task(name="sweep_devices", retry=AGAIN)
def sweep_old_devices(timestamp: int) -> None:
    sweep_devices(now=datetime.now(UTC))


@app.periodic(cron="17 4 * * *")
@app.task(name="delete_old_webhooks", retry=AGAIN)
def delete_webhooks(timestamp: int) -> None:
    delete_old_webhooks(now=datetime.now(UTC))


@app.periodic(cron="27 3 * * *")
@app.task(name="tend_bulk_imports", retry=AGAIN)
def tend(timestamp: int) -> None:
    tend_bulk_imports(now=datetime.now(UTC))


@app.periodic(cron="12 * * * *")
@app.task(name="roll_up_deliveries", retry=AGAIN)
def roll_up_ledger(timestamp: int) -> None:
    roll_up_deliveries(now=datetime.now(UTC), keep=timedelta(days=ENVIRONMENT.keep_deliveries))


@app.periodic(cron="32 * * * *")
@app.task(name="warn_of_certificates", retry=AGAIN)
def warn(timestamp: int) -> None:
    warn_of_certificates(now=datetime.now(UTC))
