"""Image bytes, under the SHA-256 of what they are: written once, never changed."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from passwright.settings import HOME


class MissingImage(Exception):
    """The image storage does not hold a picture that a row names."""


def path_of(digest: str) -> Path:
    return HOME / "images" / digest[:2] / f"{digest}.png"


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
    return digest


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
