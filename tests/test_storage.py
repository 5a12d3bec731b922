from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from passwright import storage


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
