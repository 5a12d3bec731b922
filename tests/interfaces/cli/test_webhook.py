"""What an operator does with webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from passwright.data.models import Organization, WebhookDelivery, WebhookEndpoint
from passwright.environment import Environment
from passwright.interfaces.cli import webhook as door
from passwright.operations.create_organization import create_organization
from passwright.operations.try_webhook import try_webhook
from passwright.operations.webhook_secrets import decrypted_secret
from passwright.settings import ENVIRONMENT
from tests.operations.toys import NOW

pytestmark = pytest.mark.django_db

ADDRESS = "https://shop.example.org/hooks"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on the test's own tables."""

    @contextmanager
    def installation(**_: Any) -> Iterator[Environment]:
        yield ENVIRONMENT

    monkeypatch.setattr(door, "installation", installation)

    def run(*arguments: object, ends: int = 0) -> Result:
        result = CliRunner().invoke(door.webhook, [str(argument) for argument in arguments])
        assert result.exit_code == ends, result.output
        return result

    return run


@pytest.fixture
def toys() -> Organization:
    return create_organization(name="Toy Town", now=NOW).organization


def test_the_life_of_a_webhook(run: Any, toys: Organization) -> None:
    shown = run("add", toys.id, ADDRESS, "--event", "redeemed", "--event", "voided", "--no-api-key").stdout
    row = WebhookEndpoint.objects.get()
    assert f"Secret   {decrypted_secret(row.secret_encrypted)}\n" in shown
    assert (row.url, row.events, row.send_api_key) == (ADDRESS, ["redeemed", "voided"], False)
    listed = run("list", toys.id).stdout
    assert f"{row.id}" in listed
    assert "redeemed voided" in listed
    assert decrypted_secret(row.secret_encrypted) not in listed
    delivery = try_webhook(organization=toys, webhook_id=row.id, now=NOW)
    WebhookDelivery.objects.update(state="failed", due_at=None, error="The receiver answered 500.")
    assert "The receiver answered 500." in run("deliveries", toys.id, row.id, "--state", "failed").stdout
    assert str(delivery.id) not in run("deliveries", toys.id, row.id, "--state", "queued").stdout
    run("replay", toys.id, row.id, delivery.id)
    assert WebhookDelivery.objects.get().state == "queued"
    WebhookEndpoint.objects.update(disabled_at=NOW)
    assert "disabled since 22 Nov 2026" in run("list", toys.id).stdout
    assert "Enable it first" in run("replay", toys.id, row.id, delivery.id, ends=1).output
    run("enable", toys.id, row.id)
    assert WebhookEndpoint.objects.get().disabled_at is None
    run("remove", toys.id, row.id)
    assert not WebhookEndpoint.objects.exists()


def test_what_cannot_be_done_is_said(run: Any, toys: Organization) -> None:
    other = create_organization(name="Other", now=NOW).organization
    run("add", other.id, ADDRESS)
    theirs = WebhookEndpoint.objects.get().id
    assert "must not be a private address" in run("add", toys.id, "http://127.0.0.1/", ends=2).output
    assert "no organization has this id" in run("add", uuid4(), ADDRESS, ends=2).output
    assert "no webhook has this id" in run("remove", toys.id, theirs, ends=2).output
    assert "no webhook has this id" in run("deliveries", toys.id, theirs, ends=2).output
    assert "no delivery has this id" in run("replay", other.id, theirs, uuid4(), ends=2).output
