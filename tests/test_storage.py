from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from passwright import storage

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(storage, "HOME", tmp_path)


def test_what_is_put_is_got() -> None:
    digest = storage.put(b"picture")
    assert digest == hashlib.sha256(b"picture").hexdigest()
    assert storage.get(digest) == b"picture"


def test_twice_is_once(tmp_path: Path) -> None:
    assert storage.put(b"picture") == storage.put(b"picture")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_many_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    content = b"x" * 300_000
    with ThreadPoolExecutor(16) as threads:
        digests = set(threads.map(lambda _: storage.put(content), range(64)))
    assert len(digests) == 1
    assert storage.get(digests.pop()) == content
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_removed_is_missing() -> None:
    digest = storage.put(b"picture")
    storage.remove(digest)
    storage.remove(digest)
    with pytest.raises(storage.MissingImage):
        storage.get(digest)


def aged(path: Path, hours: int) -> None:
    at = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (at, at))


def test_what_is_older_is_found_and_what_is_torn_goes() -> None:
    old, new = storage.put(b"old"), storage.put(b"new")
    aged(storage.path_of(old), 25)
    aged(storage.path_of(new), 23)
    torn, being_written = (storage.path_of(old).with_name(f"{digest}.png.0a0b") for digest in (old, new))
    for path, hours in ((torn, 25), (being_written, 23)):
        path.write_bytes(b"half")
        aged(path, hours)
    yesterday = NOW - timedelta(days=1)
    assert list(storage.older_than(yesterday)) == [old]
    storage.remove_torn(yesterday)
    assert not torn.exists()
    assert being_written.exists()
    assert storage.get(old) == b"old"


def test_without_any_picture_none_is_old() -> None:
    assert list(storage.older_than(NOW)) == []
    storage.remove_torn(NOW)
