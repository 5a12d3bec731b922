"""Request bodies as clients send them: none, ``null``, ``{}``, ``[]``, or attributes under a root and flags beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpRequest
from msgspec import UNSET, Struct, UnsetType

from passwright.interfaces.api.envelope import Refused

MAX_DEPTH = 64
"""Of nested objects and lists."""


class Body(Struct, frozen=True, kw_only=True):
    """``attributes`` stood under ``root`` (None: no root was sent), ``beside`` outside of it."""

    attributes: dict[str, Any]
    beside: dict[str, Any]
    root: str | None

    def either(self, name: str) -> Any | UnsetType:
        """A value that may stand inside or beside the root (``merge``, ``push``, ``push_message``)."""
        return self.attributes.get(name, self.beside.get(name, UNSET))


def body_of(request: HttpRequest, *, roots: Sequence[str] = ()) -> Body:
    """What the request says. The first of ``roots`` that was sent counts.

    Raises:
        Refused: 400 for what is not JSON or not an object, 422 for a root that holds something else than an object.
    """
    sent = json_of(request)
    if sent is None or sent == []:
        return Body(attributes={}, beside={}, root=None)
    if not isinstance(sent, dict):
        raise Refused(400, "The body must be a JSON object.")
    root = next((name for name in roots if name in sent), None)
    if root is None:
        return Body(attributes={}, beside=sent, root=None)
    beside = {name: value for name, value in sent.items() if name != root}
    return Body(attributes=mapping(root, sent[root]), beside=beside, root=root)


def mapping(name: str, value: Any) -> dict[str, Any]:
    """An object. PHP writes an empty one as ``[]``."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise Refused(422, f"{name} must be an object.", errors={name: ["must be an object"]})
    return value


def json_of(request: HttpRequest) -> Any:
    """The body, whatever its content type says; None if there is none. GET and HEAD have none."""
    if request.method in {"GET", "HEAD"}:
        return None
    raw = request.body.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        return None
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise Refused(400, "The JSON body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"The body is not valid JSON: {error}.") from None
    check_storable(value, raw)
    return value


def check_storable(value: Any, raw: bytes) -> None:
    """Refuse what PostgreSQL cannot keep: NUL characters and bottomless nesting. The walk is rarely needed."""
    deep = raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
    if not deep and b"\\u0000" not in raw:
        return
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        texts = [item for item in level if isinstance(item, str)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        if any("\x00" in text for text in texts):
            raise Refused(422, "Remove the NUL characters (\\u0000) from the body.")
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise Refused(400, "The JSON body is nested too deeply.")
