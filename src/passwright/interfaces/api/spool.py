"""Bodies that are too long to be kept in memory: written to a file once a request, while they arrive."""

from __future__ import annotations

import hashlib
import re
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.http import HttpRequest, UnreadablePostError
from msgspec import Struct

from passwright.interfaces.api.envelope import Refused
from passwright.settings import HOME

MOST_BYTES = 1024 * 1024 * 1024
IN_MEMORY = 1024 * 1024
READ_AT_ONCE = 256 * 1024
UPLOAD = re.compile(r"/v2/[^/]+/[^/]+/passes/bulk")
LONGEST_BODY = "passwright.longest_body"
"""In the WSGI environment: bytes of a body for which the server has room. Our own has it for an address that it knows
as that of an upload without decoding it; any other spelling is for short bodies."""


class Spooled(Struct, frozen=True):
    """A whole body: ``file`` stands at its beginning, ``digest`` is its SHA-256."""

    file: IO[bytes]
    size: int
    digest: bytes


def is_upload(method: str | None, path: str) -> bool:
    """Whether the body of a request to this (evened) path is for `spooled`, and not for ``request.body``."""
    return method == "POST" and UPLOAD.fullmatch(path) is not None


def is_awaited(request: HttpRequest) -> bool:
    """Whether this request's body is for `spooled`, as the door has found (`check_upload`)."""
    return bool(getattr(request, "is_upload", False))


def spooled(request: HttpRequest) -> Spooled:
    """The request's body, read when this is called for the first time.

    Raises:
        Refused: 400 if it ended early or its chunks are malformed, else as `check_upload`.
    """
    kept: Spooled | None = getattr(request, "spooled", None)
    if kept is None:
        check_upload(request)
        kept = written(request)
        request.spooled = kept  # type: ignore[attr-defined]  # read here only
    kept.file.seek(0)
    return kept


def let_go(request: HttpRequest) -> None:
    """At the end of a request: the file is gone when it is closed."""
    kept: Spooled | None = getattr(request, "spooled", None)
    if kept is not None:
        kept.file.close()


def check_upload(request: HttpRequest) -> None:
    """Raises: Refused: if the body is too long, compressed, or has an end that nobody would notice."""
    request.is_upload = True  # type: ignore[attr-defined]  # read by is_awaited
    length = str(request.META.get("CONTENT_LENGTH") or "")
    if request.META.get("HTTP_TRANSFER_ENCODING") and not length and not request.META.get("wsgi.input_terminated"):
        raise Refused(411, "Send the body with a Content-Length header instead of in chunks.")
    most = request.META.get(LONGEST_BODY, MOST_BYTES)
    if length.isdigit() and (len(length) > 15 or int(length) > most):
        raise too_large(most)
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise Refused(400, "The body is compressed. Send the rows as they are, without Content-Encoding.")


def too_large(most: int = MOST_BYTES) -> Refused:
    allowed = f"{most // 1024**3} GiB" if most >= 1024**3 else f"{most // 1024**2} MiB"
    return Refused(413, f"The body is larger than {allowed}. Send the rows in several imports.")


def written(request: HttpRequest) -> Spooled:
    """The body in a file without a name beside the platform's own files: `/tmp` may be a piece of memory."""
    HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY, dir=str(HOME))  # noqa: SIM115 - closed by let_go
    digest, size = hashlib.sha256(), 0
    stream = stream_of(request)
    try:
        while block := read(stream):
            size += len(block)
            if size > MOST_BYTES:
                raise too_large()
            digest.update(block)
            file.write(block)
        if size < int(request.META.get("CONTENT_LENGTH") or 0):
            raise ended_early()
    except BaseException:
        file.close()
        raise
    return Spooled(file, size, digest.digest())


def stream_of(request: HttpRequest) -> Any:
    """A body in chunks has no length by which Django would read it; the server knows its end."""
    return request.META["wsgi.input"] if request.META.get("HTTP_TRANSFER_ENCODING") else request


def read(stream: Any) -> bytes:
    """Raises: Refused: if the client is gone or silent, or sends what are no chunks."""
    try:
        block: bytes = stream.read(READ_AT_ONCE)
    except (OSError, UnreadablePostError, ValueError):
        raise ended_early() from None
    except Exception:  # what servers raise for malformed chunks has no type in common
        raise Refused(400, "The chunks of the body are malformed. Nothing of it is kept: send it again.") from None
    return block


def ended_early() -> Refused:
    return Refused(400, "The body ended early. Nothing of it is kept: send it again.")
