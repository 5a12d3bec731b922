"""JSON as clients send it: ``null``, ``{}``, ``[]``, or attributes under a root and flags beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from passwright.operations.refusals import ValidationFailed

MAX_DEPTH = 64
"""Of nested objects and lists."""


class NotReadable(ValueError):
    """It is not JSON, or not in a form that can be read. ``str`` completes "The body …"."""


class NotStorable(ValueError):
    """It is JSON that the database cannot keep. ``str`` is the sentence that says what to do."""


class Body(Struct, frozen=True, kw_only=True):
    """``attributes`` stood under ``root`` (None: no root was sent), ``beside`` outside of it."""

    attributes: dict[str, Any]
    beside: dict[str, Any]
    root: str | None

    def either(self, name: str) -> Any | UnsetType:
        """A value that may stand inside or beside the root (``merge``, ``push``, ``push_message``)."""
        return self.attributes.get(name, self.beside.get(name, UNSET))

    @property
    def rooted_or_bare(self) -> dict[str, Any]:
        """The attributes, which may stand without any root."""
        return self.attributes if self.root else self.beside


def parted(sent: Any, roots: Sequence[str]) -> Body:
    """What stands under a root and beside it. The first of ``roots`` that was sent counts.

    Raises:
        NotReadable: for what is not an object.
        ValidationFailed: for a root that holds something else than an object.
    """
    if sent is None or sent == []:
        return Body(attributes={}, beside={}, root=None)
    if not isinstance(sent, dict):
        raise NotReadable("must be a JSON object")
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
        raise ValidationFailed({name: ["must be an object"]})
    return value


def read_json(raw: bytes) -> Any:
    """The value of a JSON text that can be kept.

    Raises:
        NotReadable: if it is not JSON or nested too deeply.
        NotStorable: if it holds NUL characters.
    """
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise NotReadable("is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotReadable(f"is not valid JSON: {error}") from None
    check_storable(value, raw)
    return value


def looks_storable(raw: bytes) -> bool:
    """Whether nothing in the text can be too deep or a NUL character; most texts are not looked at further."""
    return raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH and b"\\u0000" not in raw


def check_storable(value: Any, raw: bytes) -> None:
    """Refuse what PostgreSQL cannot keep: NUL characters and bottomless nesting. The walk is rarely needed."""
    if looks_storable(raw):
        return
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        texts = [item for item in level if isinstance(item, str)]
        texts += [key for item in level if isinstance(item, dict) for key in item]
        if any("\x00" in text for text in texts):
            raise NotStorable("Remove the NUL characters (\\u0000) from the body.")
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise NotReadable("is nested too deeply")
