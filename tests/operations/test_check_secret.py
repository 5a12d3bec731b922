from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from passwright import secrets
from passwright.data.models import SecretCheck
from passwright.operations.check_secret import ForeignSecret, check_secret
from passwright.settings import ENVIRONMENT

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def forget() -> None:
    secrets.installation_secret.cache_clear()
    secrets.derived_key.cache_clear()


@pytest.fixture(autouse=True)
def home(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A machine of its own."""
    with monkeypatch.context() as patch:
        patch.setattr(ENVIRONMENT, "home", tmp_path)
        forget()
        yield tmp_path
    forget()


def test_the_first_secret_is_kept_and_known_again(home: Path) -> None:
    check_secret(now=NOW)
    forget()
    check_secret(now=NOW)
    kept = bytes(SecretCheck.objects.get().value)
    assert kept == secrets.check_value()
    assert kept.hex() != (home / "secret.key").read_text().strip()


def test_another_secret_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_secret(now=NOW)
    monkeypatch.setattr(ENVIRONMENT, "secret_key", "ab" * 32)
    forget()
    with pytest.raises(ForeignSecret, match=r"^PASSWRIGHT_SECRET_KEY is not the secret key that this database"):
        check_secret(now=NOW)
    monkeypatch.setattr(ENVIRONMENT, "secret_key", "")
    (home / "secret.key").write_text("cd" * 32)
    forget()
    with pytest.raises(ForeignSecret, match=r"secret\.key is not the secret key that this database was made with"):
        check_secret(now=NOW)


def test_a_missing_secret_is_not_made_anew(home: Path) -> None:
    check_secret(now=NOW)
    (home / "secret.key").unlink()
    forget()
    with pytest.raises(ForeignSecret, match=r"secret\.key is missing"):
        check_secret(now=NOW)
    assert not (home / "secret.key").exists()
