"""``manifest.json``: the SHA-1 of every file of a pass but itself and the signature.

SHA-1 is what Wallet asks for to this day; what protects the pass is the SHA-256 signature over this list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

NAME = "manifest.json"
SIGNATURE_NAME = "signature"
PASS_NAME = "pass.json"


def digest(data: bytes) -> str:
    """Lower-case hexadecimal SHA-1."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def manifest(files: Mapping[str, bytes]) -> dict[str, str]:
    """Digests by path relative to the archive's root (``en.lproj/pass.strings``)."""
    return {name: digest(data) for name, data in files.items() if name not in (NAME, SIGNATURE_NAME)}


def encode(digests: Mapping[str, str]) -> bytes:
    """The file, in the order given."""
    return msgspec.json.encode(dict(digests))
