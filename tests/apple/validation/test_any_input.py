"""Nothing that anybody hands in makes the linter raise, print nonsense or take forever."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passwright.apple.validation import RULES, Issue, Severity, lint_archive, lint_bundle, lint_file, lint_pass_json
from tests.apple.validation.good import AT, STYLES, files_of, signed, zipped

KEYS = sorted({key for make in STYLES.values() for key in make()} | {"barcode", "voided", "featuredActions"})
MEMBERS = sorted(
    {*signed(files_of("storeCard")), "fr.lproj/pass.strings", "fr.lproj/logo.png", "x/y", ".DS_Store", "../a"}
)

texts = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["%@", "pass.a", "2026-11-22T10:00Z", "rgb(1,2,3)", "https://[", "utf-8"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(st.sampled_from(KEYS) | texts, values, max_size=12)
contents = st.binary(max_size=60) | documents.map(lambda value: json.dumps(value).encode())


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document."""
    found = [path] if path else []
    if isinstance(document, dict):
        steps = list(document.items())
    else:
        steps = list(enumerate(document)) if isinstance(document, list) else []
    return found + [place for key, value in steps for place in places(value, (*path, key))]


SPOTS = [(style, place) for style, make in STYLES.items() for place in places(make())]


def replaced(style: str, place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document: Any = STYLES[style]()
    parent = document
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    return document  # type: ignore[no-any-return] # every style makes a dict


def assert_sound(issues: list[Issue]) -> None:
    order = [list(Severity).index(issue.severity) for issue in issues]
    assert order == sorted(order)
    for issue in issues:
        assert issue.code in RULES
        sentence = issue.message + issue.fix + issue.path
        assert sentence.isprintable()
        assert sentence.encode()
        assert "{" not in RULES[issue.code].message.format_map(Anything())


class Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    for lint in (lint_file, lint_archive, lint_bundle):
        assert_sound(lint(data, at=AT))
    assert_sound(lint_pass_json(data, at=AT))


@settings(deadline=None)
@given(values)
def test_any_json(document: Any) -> None:
    assert_sound(lint_pass_json(document, files=["icon.png"], at=AT))
    assert_sound(lint_pass_json(json.dumps(document).encode(), at=AT))


@settings(deadline=None)
@given(documents)
def test_any_document_with_known_keys(document: dict[str, Any]) -> None:
    assert_sound(lint_pass_json(document, at=AT))


@settings(deadline=None)
@given(st.sampled_from(SPOTS), values)
def test_any_value_anywhere_in_a_good_pass(spot: tuple[str, tuple[Any, ...]], value: Any) -> None:
    style, place = spot
    assert_sound(lint_pass_json(replaced(style, place, value), files=files_of(style), at=AT))


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(MEMBERS), contents, max_size=6), st.booleans())
def test_any_members(files: dict[str, bytes], nearly_good: bool) -> None:
    package = signed(files_of("storeCard")) | files if nearly_good else files
    assert_sound(lint_archive(zipped(package), at=AT))
    assert_sound(lint_file(zipped({"1.pkpass": zipped(package), **files}), at=AT))


GOOD = zipped(signed(files_of("generic")))


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8), st.booleans())
def test_any_damage_to_a_good_pass(at: int, damage: bytes, cut: bool) -> None:
    data = GOOD[:at] + damage + (b"" if cut else GOOD[at + len(damage) :])
    assert_sound(lint_file(data, at=AT))


SIGNATURE = signed(files_of("generic"))["signature"]


@settings(deadline=None)
@given(st.integers(0, len(SIGNATURE) - 1), st.binary(min_size=1, max_size=4))
def test_any_damage_to_a_signature(at: int, damage: bytes) -> None:
    files = signed(files_of("generic"))
    files["signature"] = SIGNATURE[:at] + damage + SIGNATURE[at + len(damage) :]
    issues = lint_archive(zipped(files), at=AT)
    assert_sound(issues)
    assert issues


@pytest.mark.parametrize("name", ["a" * 5000, "\u202e.png", "é.png", "nul\x01.png", "C:\\pass.json"])
def test_odd_names(name: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(name, b"")
    assert_sound(lint_archive(archive.getvalue(), at=AT))


def test_a_text_of_mistakes_takes_no_square_of_time() -> None:
    data = b'{"userInfo":[' + b"[1,]," * 100_000 + b"1]}"
    codes = [issue.code for issue in lint_pass_json(data, at=AT)]
    assert codes.count("json_trailing_comma") == 1
