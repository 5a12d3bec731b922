"""Request bodies as clients send them: none, ``null``, ``{}``, ``[]``, or attributes under a root and flags beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from passwright.interfaces.api.envelope import Refused
from passwright.payloads.bodies import Body, NotReadable, NotStorable, parted, read_json

__all__ = ["Body", "body_of", "json_of"]


def body_of(request: HttpRequest, *, roots: Sequence[str] = ()) -> Body:
    """What the request says. The first of ``roots`` that was sent counts.

    Raises:
        Refused: 400 for what is not JSON or not an object.
        ValidationFailed: for a root that holds something else than an object.
    """
    try:
        return parted(json_of(request), roots)
    except NotReadable as error:
        raise Refused(400, f"The body {error}.") from None


def json_of(request: HttpRequest) -> Any:
    """The body, whatever its content type says; None if there is none. GET and HEAD have none."""
    if request.method in {"GET", "HEAD"}:
        return None
    raw = request.body.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        return None
    try:
        return read_json(raw)
    except NotReadable as error:
        raise Refused(400, f"The body {error}.") from None
    except NotStorable as error:
        raise Refused(422, str(error)) from None
