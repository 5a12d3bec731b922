"""The JSON types of Apple's keys: small checks that are put together into tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from passwright.apple.validation.issue import Issue, Severity, rules_about

Check = Callable[[Any, str], Iterator[Issue]]
"""Looks at one value; the path says where it stands."""

rule = rules_about("Types of keys")

WRONG_TYPE = rule(
    "wrong_type",
    Severity.REFUSED,
    "{key} is {found}. A phone expects {wanted}.",
    "Write {wanted} at {key}.",
)
NUMBER_AS_TEXT = rule(
    "number_as_text",
    Severity.REFUSED,
    "{key} is the text “{value}”. A phone expects a number.",
    "Write {key} as a number, without quotes.",
)
TEXT_AS_NUMBER = rule(
    "text_as_number",
    Severity.REFUSED,
    "{key} is the number {value}. A phone expects text.",
    'Put the number in quotes: "{value}".',
)
KEY_MISSING = rule(
    "key_missing",
    Severity.REFUSED,
    "{key} is missing. A phone does not open a pass without it.",
    "Add {key}.",
)
KEY_MISSPELLED = rule(
    "key_misspelled",
    Severity.HIDDEN,
    "{key} is not a key that phones know; {known} is, and capitals count.",
    "Rename {key} to {known}.",
)
UNKNOWN_WORD = rule(
    "unknown_word",
    Severity.REFUSED,
    "{key} is “{value}”, which is none of the words Apple defines.",
    "Use one of: {words}.",
)
LINK_FORM = rule(
    "link_form",
    Severity.HIDDEN,
    "{key} is “{value}”, which is not a complete address, so nothing opens.",
    "Write the whole address, beginning with https:// (or tel:, mailto:).",
)

rule = rules_about("Dates")

DATE_WITHOUT_ZONE = rule(
    "date_without_zone",
    Severity.REFUSED,
    "{key} is “{value}”, a time without a zone.",
    "Add Z for UTC or an offset such as +01:00.",
)
DATE_ZONE_WITHOUT_COLON = rule(
    "date_zone_without_colon",
    Severity.REFUSED,
    "{key} is “{value}”; the offset of its zone has no colon.",
    "Write the offset as +01:00, not +0100.",
)
DATE_WITHOUT_TIME = rule(
    "date_without_time",
    Severity.REFUSED,
    "{key} is “{value}”, a day without a time.",
    "Add hours, minutes and a zone, for example T00:00Z.",
)
DATE_FORM = rule(
    "date_form",
    Severity.REFUSED,
    "{key} is “{value}”, which phones do not read as a date.",
    "Write it like 2026-11-22T10:00:00Z.",
)
DATE_FRACTION = rule(
    "date_fraction",
    Severity.ADVICE,
    "{key} is “{value}”; fractions of a second are not part of the form Apple documents.",
    "Write whole seconds.",
)

DATE = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:T(?P<time>\d\d:\d\d(?::\d\d)?)(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


def is_number(value: object) -> TypeGuard[int | float]:
    """JSON's numbers; Python counts True among the integers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def name(path: str) -> str:
    """The key a path ends in; an entry of a list by its number."""
    *before, last = path.split("/")
    if last.isdigit() and before:
        return f"entry {int(last[:9]) + 1} of {before[-1]}"
    return last


def wrong_type(value: object, path: str, wanted: str) -> Issue:
    if wanted == "a number" and isinstance(value, str):
        return NUMBER_AS_TEXT.at(path, key=name(path), value=value)
    if wanted == "text" and is_number(value):
        return TEXT_AS_NUMBER.at(path, key=name(path), value=value)
    return WRONG_TYPE.at(path, key=name(path), found=kind(value), wanted=wanted)


def anything(value: Any, path: str) -> Iterator[Issue]:
    yield from ()


def text(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield wrong_type(value, path, "text")


def number(value: Any, path: str) -> Iterator[Issue]:
    if not is_number(value):
        yield wrong_type(value, path, "a number")


def text_or_number(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str) and not is_number(value):
        yield wrong_type(value, path, "text or a number")


def boolean(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, bool):
        yield wrong_type(value, path, "true or false")


def date(value: Any, path: str) -> Iterator[Issue]:
    """A complete date with a time and a zone, as Apple's parser reads it."""
    if not isinstance(value, str):
        yield wrong_type(value, path, "a date as text")
    elif issue := date_issue(value, path):
        yield issue


def date_issue(value: str, path: str) -> Issue | None:
    parts = DATE.fullmatch(value)
    if parts is None or instant(value) is None:
        return DATE_FORM.at(path, key=name(path), value=value)
    if parts["time"] is None:
        return DATE_WITHOUT_TIME.at(path, key=name(path), value=value)
    if parts["zone"] is None:
        return DATE_WITHOUT_ZONE.at(path, key=name(path), value=value)
    if parts["zone"] != "Z" and ":" not in parts["zone"]:
        return DATE_ZONE_WITHOUT_COLON.at(path, key=name(path), value=value)
    if parts["fraction"]:
        return DATE_FRACTION.at(path, key=name(path), value=value)
    return None


def instant(value: object) -> datetime | None:
    """The moment a text in Apple's form means; None if it means none. Without a zone it stays naive."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """Like `instant`, but only with a zone, so that moments can be compared."""
    found = instant(value)
    return found if found is not None and found.tzinfo is not None else None


def link(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield wrong_type(value, path, "text")
    elif not is_link(value):
        yield LINK_FORM.at(path, key=name(path), value=value)


def is_link(value: str) -> bool:
    """Has a scheme and something behind it; spaces and control characters end an address."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    if not parts.scheme or any(character <= " " for character in value):
        return False
    return bool(parts.hostname) if parts.scheme in ("http", "https") else bool(parts.netloc or parts.path)


def one_of(words: Collection[str]) -> Check:
    def check(value: Any, path: str) -> Iterator[Issue]:
        if not isinstance(value, str):
            yield wrong_type(value, path, "text")
        elif value not in words:
            yield UNKNOWN_WORD.at(path, key=name(path), value=value, words=tuple(words))

    return check


def list_of(check: Check) -> Check:
    def check_list(value: Any, path: str) -> Iterator[Issue]:
        if not isinstance(value, list):
            yield wrong_type(value, path, "a list")
            return
        for index, entry in enumerate(value):
            yield from check(entry, f"{path}/{index}")

    return check_list


def object_of(keys: Mapping[str, Check], required: Collection[str] = ()) -> Check:
    """An object with these keys; keys it does not know are left alone, as phones leave them."""
    known = {key.casefold(): key for key in keys}

    def check_object(value: Any, path: str) -> Iterator[Issue]:
        if not isinstance(value, dict):
            yield wrong_type(value, path, "an object")
            return
        misspelled = {known[key.casefold()]: key for key in value if key not in keys and key.casefold() in known}
        for right, wrong in misspelled.items():
            yield KEY_MISSPELLED.at(f"{path}/{wrong}", key=wrong, known=right)
        for key in required:
            if key not in value:
                yield KEY_MISSING.at(path, key=key)
        for key, check in keys.items():
            if key in value:
                yield from check(value[key], f"{path}/{key}")

    return check_object
