"""What goes wrong without anybody's fault is a page too, in the house's look, with a number and no insides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from passwright import storage
from passwright.apple.images import DamagedImage
from passwright.data.models import Organization, Pass
from passwright.queries.revisions import MissingRevision
from passwright.secrets import WrongSecret
from tests import public_ground as ground
from tests.interfaces.public.browsers import Browser

pytestmark = pytest.mark.django_db

NUMBER = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def row(owner: Organization) -> Pass:
    return ground.issued(ground.campaign(owner))


def asking() -> Browser:
    return Browser(raise_request_exception=False, headers={"user-agent": ground.IPHONE})


def failing(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (OperationalError("connection to server at 10.0.0.7 failed"), 503, "This page takes a short break"),
        (InterfaceError("connection already closed"), 503, "This page takes a short break"),
        (storage.MissingImage("0" * 64), 503, "The pass cannot be made at the moment"),
        (DamagedImage("secret insides"), 503, "The pass cannot be made at the moment"),
        (WrongSecret("secret insides"), 503, "The pass cannot be signed at the moment"),
        (RuntimeError("secret insides"), 500, "This page failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
@pytest.mark.parametrize("suffix", ["", ".pkpass"])
def test_a_failure_is_a_page_with_a_number(
    row: Pass, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, heading: str, suffix: str
) -> None:
    monkeypatch.setattr("passwright.interfaces.public.passes.find", failing(error))
    monkeypatch.setattr("passwright.interfaces.public.passes.deliver_pass", failing(error))
    answer = asking().get(f"{ground.page_of(row)}{suffix}")
    page = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in page
    assert answer["X-Request-Id"] in re.findall(rf"request ({NUMBER})", page)
    assert answer.get("Retry-After") == ("30" if status == 503 else None)
    assert answer["Cache-Control"] == "private, no-store"
    for inside in ("secret insides", "10.0.0.7", "Traceback", "Error"):
        assert inside not in page


def test_a_revision_that_was_purged_meanwhile_is_unknown(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.interfaces.public.passes.content_of", failing(MissingRevision("campaign x")))
    answer = asking().get(ground.page_of(row))
    assert answer.status_code == 404
    assert b"This link leads nowhere" in answer.content


def test_a_picture_that_is_gone_refuses_the_file_and_not_the_page(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "get", failing(storage.MissingImage("0" * 64)))
    assert asking().get(ground.page_of(row)).status_code == 200
    assert asking().get(f"{ground.page_of(row)}.svg").status_code == 200
    file = asking().get(f"{ground.page_of(row)}.pkpass")
    assert file.status_code == 503
    assert b"One of its pictures cannot be read" in file.content


def test_addresses_beside_the_public_ones_fail_alike(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.interfaces.api.uploads.public_digest", failing(OperationalError("insides")))
    answer = asking().get(f"/uploads/asset/{row.id}/original.png")
    assert answer.status_code == 503
    assert b"This page takes a short break" in answer.content
    assert b"insides" not in answer.content
