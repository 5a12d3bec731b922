"""What an operator is told: what waits, as the tables have it, and nothing about tenants."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from passwright.data.models import Certificate, Delivery, Push, ScheduledPush, WebhookDelivery, WebhookEndpoint
from passwright.interfaces import jobs
from passwright.interfaces.vital_signs import metrics
from passwright.interfaces.vital_signs.application import VitalSigns
from passwright.interfaces.vital_signs.kept import Kept
from passwright.queries import backlog as backlog_query
from passwright.queries.backlog import Backlog, Due, Jobs, backlog
from passwright.queue import defer
from passwright.settings import ENVIRONMENT
from tests.interfaces.vital_signs.calls import Told, ask, behind
from tests.operations.toys import certificate, toy_maker, toy_town

SIGNS = VitalSigns(behind)
TOKEN = "a-token-of-the-operator"
ASIDE = {"passwright.aside": True}
NOW = datetime.now(UTC)
OPERATORS_PAGE = Path(__file__).parents[3] / "docs" / "operating" / "scaling.md"


@pytest.fixture
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "metrics_token", TOKEN)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def looked() -> Backlog:
    return backlog(now=NOW, alive_seconds=12.0)


def test_without_the_setting_there_is_no_such_page() -> None:
    told = ask(SIGNS, "/metrics", HTTP_AUTHORIZATION="Bearer ")
    assert (told.status, told.body) == (404, b"behind")


@pytest.mark.usefixtures("_token")
@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xff"],
)
@pytest.mark.parametrize("place", [{}, ASIDE])
def test_the_wrong_token(sent: str, place: dict[str, Any]) -> None:
    told = ask(SIGNS, "/metrics", HTTP_AUTHORIZATION=sent, **place)
    assert (told.status, told.headers["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    assert TOKEN.encode() not in told.body


@pytest.mark.django_db
@pytest.mark.usefixtures("_token")
@pytest.mark.parametrize("kind", ["Bearer", "bearer"])
def test_the_right_token(kind: str) -> None:
    told = ask(SIGNS, "/metrics", HTTP_AUTHORIZATION=f"{kind} {TOKEN}")
    assert told.status == 200
    assert told.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert told.numbers["passwright_database_up"] == 1


@pytest.mark.django_db
def test_a_listener_of_its_own_asks_for_none_and_has_nothing_else() -> None:
    assert ask(SIGNS, "/metrics", **ASIDE).status == 200
    other = ask(SIGNS, "/v2/ping", **ASIDE)
    assert (other.status, other.body) == (404, b'{"error":"Here are /health, /ready and /metrics."}')


def test_the_database_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Backlog:
        raise OperationalError("no")

    monkeypatch.setattr(metrics, "kept_backlog", Kept(refuse, 0.0))
    told = ask(SIGNS, "/metrics", **ASIDE)
    assert (told.status, told.numbers["passwright_database_up"]) == (200, 0)
    assert 'passwright_pushes_total{outcome="accepted"}' in told.numbers
    assert "passwright_deliveries_due" not in told.numbers


@pytest.mark.django_db
def test_an_idle_installation() -> None:
    nothing = Due(0, 0.0)
    found = looked()
    assert (found.jobs, found.pushes, found.deliveries, found.webhooks) == ([], nothing, nothing, nothing)
    assert (found.endpoints.failing, found.endpoints.disabled) == (0, 0)
    assert found.certificates.soonest is None


@pytest.mark.django_db
def test_jobs() -> None:
    for _ in range(3):
        defer("purge_campaign", campaign_id=str(uuid.uuid4()))
    defer("remove_images", digests=[])
    with connection.cursor() as cursor:
        for status, scheduled_at in [("failed", None), ("doing", None), ("todo", ago(-60))]:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
                " VALUES ('default', 'remove_images', %s, %s)",
                [status, scheduled_at],
            )
        cursor.execute(
            "UPDATE procrastinate_events SET at = %s WHERE job_id = ("
            " SELECT min(id) FROM procrastinate_jobs WHERE task_name = 'purge_campaign') AND type = 'deferred'",
            [ago(90)],
        )
    pictures, purges = sorted(looked().jobs, key=lambda job: job.task, reverse=True)
    assert purges == Jobs("purge_campaign", waiting=3, later=0, doing=0, failed=0, oldest=90.0)
    assert (pictures.waiting, pictures.later, pictures.doing, pictures.failed) == (1, 1, 1, 1)
    assert pictures.oldest < 60


@pytest.mark.django_db
def test_pushes_deliveries_and_schedules() -> None:
    campaign = toy_town(toy_maker())
    waiting = [Push.objects.create(campaign=campaign, kind="updated", created_at=ago(seconds)) for seconds in (5, 40)]
    spread = Push.objects.create(campaign=campaign, kind="updated", created_at=ago(900), spread_at=ago(899))
    for number, (state, due_at) in enumerate(
        [("queued", ago(7)), ("queued", ago(30)), ("queued", ago(-30)), ("accepted", None), ("gone", None)]
    ):
        for lane in (-7, number):
            Delivery.objects.create(
                push=spread,
                pass_id=uuid.uuid4(),
                device_id=number,
                state=state,
                lane=lane,
                due_at=due_at,
                queued_at=ago(899),
            )
    for state, due_at in [("scheduled", ago(11)), ("scheduled", ago(-11)), ("done", ago(300))]:
        ScheduledPush.objects.create(campaign=campaign, action="push", due_at=due_at, state=state, created_at=ago(999))
    found = looked()
    assert len(waiting) == 2
    assert found.pushes == Due(2, 40.0)
    assert found.deliveries == Due(4, 30.0)
    assert found.scheduled == Due(1, 11.0)


@pytest.mark.django_db
def test_what_is_counted_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_query, "COUNTED_MOST", 2)
    campaign = toy_town(toy_maker())
    for seconds in range(1, 5):
        Push.objects.create(campaign=campaign, kind="updated", created_at=ago(seconds))
    assert looked().pushes == Due(2, 4.0)


@pytest.mark.django_db
def test_webhooks() -> None:
    organization = toy_maker()
    made = {"organization": organization, "secret_encrypted": b"", "created_at": NOW, "updated_at": NOW}
    well, failing, _ = (
        WebhookEndpoint.objects.create(url="https://example.org", **made, **state)
        for state in ({}, {"failing_since": NOW}, {"failing_since": NOW, "disabled_at": NOW})
    )
    for endpoint, state, due_at in [
        (well, "queued", ago(3)),
        (failing, "queued", ago(70)),
        (failing, "queued", ago(-70)),
        (failing, "failed", None),
        (failing, "queued", None),
        (well, "delivered", None),
    ]:
        WebhookDelivery.objects.create(
            endpoint=endpoint,
            event="pass_created",
            campaign_id=uuid.uuid4(),
            pass_id=uuid.uuid4(),
            snapshot={},
            at=ago(99),
            state=state,
            due_at=due_at,
        )
    found = looked()
    assert found.webhooks == Due(2, 70.0)
    assert (found.endpoints.failing, found.endpoints.disabled) == (1, 1)


@pytest.mark.django_db
def test_certificates() -> None:
    organization = toy_maker()
    days = (-3, 2, 7, 20, 45, 46, 300)
    for number, left in enumerate(days):
        certificate(organization, identifier=f"pass.org.example.{number}", expires_at=NOW + timedelta(days=left))
    development = certificate(organization, identifier="pass.org.example.development", expires_at=ago(1))
    Certificate.objects.filter(id=development.id).update(development=True)
    Certificate.objects.filter(organization=None).delete()
    Certificate.objects.filter(pass_type_identifier="pass.org.example.6").update(pushes_refused_at=NOW)
    found = looked().certificates
    assert (found.expired, found.within_7, found.within_30, found.within_60, found.later) == (1, 2, 1, 2, 1)
    assert (found.soonest, found.pushes_refused) == (2.0, 1)


@pytest.mark.django_db
def test_workers() -> None:
    with connection.cursor() as cursor:
        for seconds in (4, 8, 60):
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [ago(seconds)])
    found = looked().workers
    assert (found.alive, found.silence) == (2, 4.0)
    assert metrics.ALIVE_SECONDS == jobs.STALLED_AFTER_SECONDS


def full_page() -> Told:
    """With something in every family."""
    organization = toy_maker("Tenant with a name")
    campaign = toy_town(organization)
    defer("purge_campaign", campaign_id=str(campaign.id))
    certificate(organization, identifier="pass.org.tenant", expires_at=NOW + timedelta(days=5))
    return ask(SIGNS, "/metrics", **ASIDE)


@pytest.mark.django_db
def test_nothing_of_a_tenant_is_told() -> None:
    text = full_page().body.decode()
    assert "enant" not in text
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text) is None


@pytest.mark.django_db
def test_every_number_stands_in_the_operators_page() -> None:
    page = OPERATORS_PAGE.read_text()
    names = {re.split(r"[{ ]", name)[0] for name in full_page().numbers}
    told = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in names}
    assert {name for name in told if f"`{name}" not in page} == set()
