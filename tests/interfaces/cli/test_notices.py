"""The operator reads everybody's notices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from passwright.data.models import Notice
from passwright.interfaces.cli import notices
from passwright.operations.create_organization import create_organization
from tests.operations.toys import LATER, NOW

pytestmark = pytest.mark.django_db


@contextmanager
def there(**_more: object) -> Iterator[None]:
    yield


def test_everybodys_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "installation", there)
    toys = create_organization(name="Toys\x1b[31m", now=NOW).organization
    for at, organization in ((NOW, None), (LATER, toys)):
        Notice.objects.create(organization=organization, kind="k", subject=str(at), text="Do something.", created_at=at)
    assert CliRunner().invoke(notices.notices).stdout.splitlines() == [
        "on           of         notice",
        "22 Nov 2026  Toys�[31m  Do something.",
        "22 Nov 2026  everybody  Do something.",
    ]
