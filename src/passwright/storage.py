"""Image bytes, under the SHA-256 of what they are: written once, never changed."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from passwright.durable import sync_folder
from passwright.settings import HOME

SUFFIX = ".png"


class MissingImage(Exception):
    """The image storage does not hold a picture that a row names."""


def path_of(digest: str) -> Path:
    return HOME / "images" / digest[:2] / f"{digest}{SUFFIX}"


def put(content: bytes) -> str:
    """Keep the bytes and return their digest (SHA-256, hex). Whole or not at all; twice is once."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    for folder in (path.parent, path.parent.parent, HOME):  # any of them may be new
        sync_folder(folder)
    return digest


def is_writable() -> bool:
    """Whether pictures could be kept now: a file is written and removed again."""
    folder = HOME / "images"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"writable")
            file.flush()
    except OSError:
        return False
    return True


def get(digest: str) -> bytes:
    """The bytes kept under ``digest``.

    Raises:
        MissingImage: if there are none.
    """
    try:
        return path_of(digest).read_bytes()
    except FileNotFoundError:
        raise MissingImage(digest) from None


def remove(digest: str) -> None:
    """Forget the bytes; nothing happens when there are none."""
    path_of(digest).unlink(missing_ok=True)


def older_than(moment: datetime) -> Iterator[str]:
    """The digests of what was written before ``moment``."""
    for path in files_before(moment):
        if path.suffix == SUFFIX:
            yield path.stem


def remove_torn(moment: datetime) -> None:
    """Forget what was begun before ``moment`` and never became whole: the machine stopped in the middle."""
    for path in files_before(moment):
        if path.suffix != SUFFIX:
            path.unlink(missing_ok=True)


def files_before(moment: datetime) -> Iterator[Path]:
    for path in (HOME / "images").glob("??/*"):
        try:
            written_at = path.stat().st_mtime
        except FileNotFoundError:  # removed just now
            continue
        if written_at < moment.timestamp():
            yield path
