"""Rows are cut out of bodies as a JSON parser would, wherever the body's pieces happen to end."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passwright.payloads import rows
from passwright.payloads.bodies import NotReadable, read_json
from passwright.payloads.rows import TOO_DEEP, TOO_LONG, NotRows, rows_of

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SPACES = st.sampled_from(["", " ", "\n", "\r\n\t "])


class Dripping(io.BytesIO):
    """Gives a few bytes at a time, whatever is asked for."""

    def __init__(self, content: bytes, at_once: int) -> None:
        super().__init__(content)
        self.at_once = at_once

    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(self.at_once)


def cut(body: bytes, at_once: int = 65_536) -> list[bytes]:
    return list(rows_of(Dripping(body, at_once)))


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=6), st.booleans(), SPACES, st.integers(1, 30))
def test_an_array_is_cut_into_its_elements(values: list[Any], escaped: bool, space: str, at_once: int) -> None:
    separators = (f"{space},{space}", f"{space}:{space}")
    body = space + json.dumps(values, ensure_ascii=escaped, separators=separators) + space
    found = cut(body.encode("utf-8", "surrogatepass"), at_once)
    assert [json.loads(row) for row in found] == values
    assert not any(b"\n" in row or b"\r" in row for row in found)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=4), st.data(), st.integers(1, 30))
def test_a_broken_array_is_never_taken_for_a_good_one(values: list[Any], data: st.DataObject, at_once: int) -> None:
    """One byte of it is another, or gone: it is refused, or a row is no JSON, or it is JSON still."""
    body = bytearray(json.dumps(values).encode())
    place = data.draw(st.integers(1, len(body) - 1))
    body[place : place + 1] = data.draw(st.sampled_from([b"", b'"', b"\\", b"[", b"]", b"{", b"}", b",", b"x", b"\n"]))
    try:
        found = [json.loads(row) for row in cut(bytes(body), at_once)]
    except (NotRows, ValueError):
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
    else:
        assert found == json.loads(body)


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=6), st.sampled_from(["\n", "\r\n", "\n \n"]), st.booleans(), st.integers(1, 30))
def test_lines_are_rows(values: list[Any], end: str, last: bool, at_once: int) -> None:
    body = "".join(json.dumps({"a": value}) + end for value in values)
    body = body if last else body.rstrip()
    assert [json.loads(row)["a"] for row in cut(body.encode(), at_once)] == values


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"[", "row 1 (byte 2) is missing: the array has no end"),
        (b"[1", "row 1 (byte 2) has no end"),
        (b"[{},]", "row 2 (byte 5) is missing"),
        (b"[{} {}]", "row 1 (byte 5) needs a comma or the array's end after it"),
        (b"[{},,{}]", "row 2 (byte 5) is missing"),
        (b'[{}, {"a": [1}', "row 2 (byte 6) has no end"),
        (b'[{}, "a]', "row 2 (byte 6) has no end"),
    ],
)
def test_the_place_is_named(body: bytes, place: str) -> None:
    for at_once in (1, 3, 100):
        with pytest.raises(NotRows) as refused:
            cut(body, at_once)
        assert str(refused.value) == f"The array is broken: {place}."


def test_nothing_follows_an_array() -> None:
    with pytest.raises(NotRows) as refused:
        cut(b"[{}] []")
    assert str(refused.value) == "The array ends before the end of the body (byte 6)."


@pytest.mark.parametrize("at_once", [7, 65_536])
def test_rows_that_are_too_long_are_passed_over(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(rows, "MOST_ROW_BYTES", 40)
    monkeypatch.setattr(rows, "READ_AT_ONCE", 16)
    long = json.dumps({"a": '"[{\\' * 30, "b": [{"c": "]"}] * 9}).encode()
    assert cut(b'[{"a":1},' + long + b',"' + b"]" * 90 + b'",{"b":2}]', at_once) == [
        b'{"a":1}',
        TOO_LONG,
        TOO_LONG,
        b'{"b":2}',
    ]
    assert cut(b'{"a":1}\n' + long + b'\n{"b":2}\n' + long, at_once) == [b'{"a":1}', TOO_LONG, b'{"b":2}', TOO_LONG]


@pytest.mark.parametrize("depth", [1, 2, 64, 65, 66, 67, 500, 200_000])
@pytest.mark.parametrize("inner", [b"", b'{"]":"\\"["},"[",', b"[],{}," * 400])
def test_rows_that_are_nested_too_deeply_are_passed_over(depth: int, inner: bytes) -> None:
    row = b"[" * depth + inner + b"1" + b"]" * depth
    kept = row if depth <= 64 else TOO_LONG if len(row) > rows.MOST_ROW_BYTES else TOO_DEEP
    for at_once in (7, 65_536) if depth < 1_000 else (65_536,):
        before, found, after, last = cut(b'[{"a":1},' + row + b', {"b":2},' + row + b"]", at_once)
        assert (before, after, found) == (b'{"a":1}', b'{"b":2}', last)
        assert found == kept or (depth in (65, 66) and found == row)
    with pytest.raises(NotReadable, match="nested too deeply"):
        read_json(TOO_DEEP)


@pytest.mark.parametrize(
    "element",
    [b"[" * 2**21, b"[]," * 2**19, b'"[",' * 2**19, b'"\\"' * 2**19],
    ids=["deep", "wide", "texts", "escapes"],
)
def test_a_row_without_an_end_takes_no_more_than_moments(element: bytes) -> None:
    """A bracket at a time these took seconds a mebibyte, in a process that has others to answer."""
    started = time.process_time()
    with pytest.raises(NotRows, match=r"row 1 \(byte 2\) has no end"):
        cut(b"[[" + element)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("scalar", [b"1" * 70_000, b'"' + b"]" * 70_000 + b'"', b"x" * 70_000 + b'"y"'])
def test_scalars_that_are_too_long_take_no_row_with_them(scalar: bytes) -> None:
    for at_once in (1_000, 65_536):
        assert cut(b"[1," + scalar + b',{"b":2},' + scalar + b"]", at_once) == [b"1", TOO_LONG, b'{"b":2}', TOO_LONG]


def test_what_is_broken_by_a_line_break_stays_broken() -> None:
    (row,) = cut(b'[{"a": "x\ny"}]')
    assert b"\n" not in row
    with pytest.raises(ValueError, match="control character"):
        json.loads(row)
