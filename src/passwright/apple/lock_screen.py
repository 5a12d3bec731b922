"""What a phone's lock screen says when a pass that it holds comes back changed.

>>> from datetime import UTC, datetime
>>> field = {"key": "toy", "value": "Trucks", "changeMessage": "Favourite toy: %@"}
>>> before = {"organizationName": "Toy Town", "generic": {"backFields": [field]}}
>>> after = {"organizationName": "Toy Town", "generic": {"backFields": [{**field, "value": "Airplanes"}]}}
>>> lock_screen(before, after, at=datetime(2026, 11, 22, tzinfo=UTC)).text
'Favourite toy: Airplanes'

A field speaks when its *value* changed under the same key and its ``changeMessage``, as it comes with the new pass, has
exactly one ``%@`` and no other code than ``%%``. One speaking field: its text. Several: one general sentence. None:
silence. Pictures, labels, colours and codes change without a word, and so do fields that are new or gone.

The layouts with semantic tags (poster tickets, boarding passes of iOS 26) write sentences of their own from what
changed in their tags. Apple does not publish them, and they are not foretold here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from passwright.apple.field_text import date_of, field_text
from passwright.apple.styles import Group, StyleKey

GENERAL = "Your pass has changed."
"""Our words for Apple's sentence, which each phone has in its own language."""

CODE = re.compile(r"%(.?)", re.DOTALL)

Json = Mapping[str, Any]


class Kind(StrEnum):
    MESSAGE = "message"
    GENERAL = "general"
    SILENCE = "silence"


class LockScreen(Struct, frozen=True, kw_only=True):
    """``title`` and ``text`` are empty when there is silence. ``changed``: keys of all fields whose value changed;
    ``speaking``: of those whose message counts; ``sentences``: what each of these would say alone."""

    kind: Kind
    title: str = ""
    text: str = ""
    changed: tuple[str, ...] = ()
    speaking: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to see."""
        return self.kind is not Kind.SILENCE


def lock_screen(
    before: bytes | Json,
    after: bytes | Json,
    *,
    at: datetime,
    translations: Mapping[str, str] | None = None,
    zone: tzinfo = UTC,
) -> LockScreen:
    """What is shown when ``after`` replaces ``before``; both are a ``pass.json``.

    ``at`` needs a zone: some dates are written as “Tomorrow”. ``translations`` are those of the phone's language, from
    the new pass. What is no pass.json says nothing.
    """
    old, new = document(before), document(after)
    words = translations or {}
    pairs = changed_fields(old, new)
    speaking = [field for field in pairs.values() if speaks(message_of(field, words))]
    found = LockScreen(
        kind=Kind.SILENCE,
        changed=tuple(pairs),
        speaking=tuple(str(field["key"]) for field in speaking),
        sentences=tuple(sentence(field, words, at, zone) for field in speaking),
    )
    if not speaking:
        return found
    title = said(new.get("organizationName", ""), words)
    if len(speaking) > 1:
        return msgspec.structs.replace(found, kind=Kind.GENERAL, title=title, text=GENERAL)
    return msgspec.structs.replace(found, kind=Kind.MESSAGE, title=title, text=found.sentences[0])


def document(given: bytes | Json) -> Json:
    if isinstance(given, Mapping):
        return given
    try:
        value = msgspec.json.decode(given)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def fields(keys: Json) -> Iterator[Json]:
    """All fields of all layouts that have a key and a value."""
    for style in StyleKey:
        layout = keys.get(style)
        for group in Group if isinstance(layout, Mapping) else ():
            entries = layout.get(group) if isinstance(layout, Mapping) else None
            for entry in entries if isinstance(entries, list | tuple) else ():
                if isinstance(entry, Mapping) and isinstance(entry.get("key"), str) and "value" in entry:
                    yield entry


def changed_fields(old: Json, new: Json) -> dict[str, Json]:
    """The fields of the new pass whose value the old one had otherwise, by key."""
    before = {field["key"]: field for field in reversed(list(fields(old)))}
    after = {field["key"]: field for field in reversed(list(fields(new)))}
    return {
        key: after[key]
        for key in dict.fromkeys(field["key"] for field in fields(new))
        if key in before and compared(before[key]) != compared(after[key])
    }


def compared(field: Json) -> object:
    """The value; of a date the instant, however it is written. A number is not the text of its digits."""
    value = field["value"]
    if field.get("dateStyle") or field.get("timeStyle"):
        return date_of(value) or value
    return value


def message_of(field: Json, words: Mapping[str, str]) -> str:
    return said(field.get("changeMessage", ""), words)


def said(text: object, words: Mapping[str, str]) -> str:
    return words.get(text, text) if isinstance(text, str) else ""


def speaks(change_message: str) -> bool:
    """Whether a phone announces a change with it: one ``%@``, ``%%`` for a percent sign, no other code."""
    codes = CODE.findall(change_message)
    return codes.count("@") == 1 and set(codes) <= {"@", "%"}


def sentence(field: Json, words: Mapping[str, str], at: datetime, zone: tzinfo) -> str:
    value = field["value"]
    text = field_text({**field, "value": said(value, words) if isinstance(value, str) else value}, at=at, zone=zone)
    return CODE.sub(lambda code: text if code[1] == "@" else "%", message_of(field, words))
