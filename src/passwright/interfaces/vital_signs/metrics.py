"""What Prometheus is told: what this process has counted, and what the database says is waiting."""

from __future__ import annotations

import hmac
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version

import structlog
from django.db import Error, close_old_connections
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from passwright.interfaces.vital_signs.answers import Answer, Environ, in_json
from passwright.interfaces.vital_signs.kept import Kept, Late
from passwright.metrics import counted
from passwright.queries.backlog import Backlog, Due, backlog
from passwright.settings import ENVIRONMENT

log = structlog.get_logger(__name__)

KEPT_SECONDS = 5.0
"""How long what waits is told again without asking the database."""
ALIVE_SECONDS = 12.0
"""A worker silent for this long is taken for dead: `passwright.interfaces.jobs.STALLED_AFTER_SECONDS`."""


def metrics(environ: Environ) -> Answer:
    if not may_see_metrics(environ):
        refusal = {"error": "Send the token of PASSWRIGHT_METRICS_TOKEN: Authorization: Bearer …"}
        return in_json("401 Unauthorized", refusal, ("WWW-Authenticate", 'Bearer realm="metrics"'))
    read_off = CollectorRegistry()
    read_off.register(Installation())
    text = generate_latest(counted()) + generate_latest(read_off)
    return "200 OK", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)], text


def may_see_metrics(environ: Environ) -> bool:
    if not ENVIRONMENT.metrics_token:
        return True
    expected = f"bearer {ENVIRONMENT.metrics_token}".encode()
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return hmac.compare_digest(f"{kind.lower()} {token.strip()}".encode("utf-8", "replace"), expected)


kept_backlog = Kept(
    lambda: backlog(now=datetime.now(UTC), alive_seconds=ALIVE_SECONDS),
    KEPT_SECONDS,
)


class Installation(Collector):
    """What the database says when somebody asks. Every process tells the same: of several, take one, not the sum."""

    def collect(self) -> Iterator[Metric]:
        build = InfoMetricFamily("passwright_build", "The version that runs.")
        build.add_metric([], {"version": version("passwright"), "python": platform.python_version()})
        yield build
        found = None
        try:
            close_old_connections()
            found = kept_backlog.get()
        except (Error, Late) as error:
            log.warning("metrics_without_the_database", reason=type(error).__name__)
        yield gauge(
            "passwright_database_up",
            "Whether the database answered; without it, what waits is not told.",
            found is not None,
        )
        if found is not None:
            yield from what_waits(found)


def what_waits(found: Backlog) -> Iterator[Metric]:
    yield from jobs(found)
    yield from due("passwright_pushes_to_spread", "Changes whose devices have no delivery yet", found.pushes)
    yield from due("passwright_deliveries_due", "Pushes to devices that should have been sent", found.deliveries)
    yield from due("passwright_webhooks_due", "Webhooks that should have been sent", found.webhooks)
    yield from due("passwright_scheduled_pushes_due", "Scheduled ones whose time has come", found.scheduled)
    endpoints = GaugeMetricFamily("passwright_webhook_endpoints", "Endpoints in trouble.", labels=["state"])
    endpoints.add_metric(["failing"], found.endpoints.failing)
    endpoints.add_metric(["disabled"], found.endpoints.disabled)
    yield endpoints
    yield from certificates(found)
    yield gauge("passwright_workers", "Workers that gave a sign of life lately.", found.workers.alive)
    told = "Seconds since the last sign of life of any worker that has not said goodbye."
    yield gauge("passwright_worker_silence_seconds", told, found.workers.silence)


def jobs(found: Backlog) -> Iterator[Metric]:
    numbers = GaugeMetricFamily("passwright_jobs", "Jobs, by task and state.", labels=["task", "state"])
    oldest = GaugeMetricFamily(
        "passwright_jobs_oldest_seconds",
        "For how long the oldest waiting job of a task has been waiting.",
        labels=["task"],
    )
    for job in found.jobs:
        for state in ("waiting", "later", "doing", "failed"):
            numbers.add_metric([job.task, state], getattr(job, state))
        oldest.add_metric([job.task], job.oldest)
    yield numbers
    yield oldest


def certificates(found: Backlog) -> Iterator[Metric]:
    known = found.certificates
    numbers = GaugeMetricFamily("passwright_certificates", "Certificates, by when they expire.", labels=["expires"])
    for label, number in (
        ("expired", known.expired),
        ("7_days", known.within_7),
        ("30_days", known.within_30),
        ("60_days", known.within_60),
        ("later", known.later),
    ):
        numbers.add_metric([label], number)
    yield numbers
    if known.soonest is not None:
        yield gauge(
            "passwright_certificate_soonest_days", "Days until the next valid certificate expires.", known.soonest
        )
    told = "Certificates that the push service refuses."
    yield gauge("passwright_certificates_refused", told, known.pushes_refused)


def due(name: str, told: str, found: Due) -> Iterator[Metric]:
    yield gauge(name, f"{told}.", found.count)
    yield gauge(f"{name}_oldest_seconds", f"{told}: since when the oldest.", found.oldest)


def gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)
