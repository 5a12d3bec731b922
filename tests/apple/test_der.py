from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.x509 import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from passwright.apple import der


@given(st.integers(min_value=-(2**200), max_value=2**200))
def test_integers_are_the_shortest_two_s_complement(number: int) -> None:
    value = der.read(der.integer(number))
    assert int.from_bytes(value.content, "big", signed=True) == number
    if len(value.content) > 1:
        assert not (value.content[0] == 0 and value.content[1] < 0x80)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_lengths_around_their_borders(size: int) -> None:
    value = der.read(der.tagged(der.OCTET_STRING, bytes(size)) + b"trailing")
    assert value.content == bytes(size)


@pytest.mark.parametrize("dotted", ["1.2.840.113635.100.6.1.16", "2.16.840.1.101.3.4.2.1", "0.9.2342.19200300.100.1.1"])
def test_object_identifiers(dotted: str) -> None:
    encoded = der.object_identifier(dotted)
    assert der.read_object_identifier(der.read(encoded).content) == dotted == ObjectIdentifier(dotted).dotted_string


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC), b"\x17\x0d260102030405Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))), b"\x17\x0d260101213405Z"),
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d991231235959Z"),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    ],
)
def test_times_change_their_type_in_2050(instant: datetime, written: bytes) -> None:
    assert der.time(instant) == written
    assert der.read_time(der.read(written)) == instant.replace(microsecond=0)


def test_times_of_the_last_century_are_read_as_such() -> None:
    assert der.read_time(der.read(b"\x17\x0d650102030405Z")).year == 1965


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        der.time(datetime(2026, 1, 1))


def test_indefinite_lengths_and_chopped_strings_become_definite() -> None:
    chopped = b"\x24\x80\x04\x02ab\x04\x01c\x00\x00"
    value = der.read(b"\x30\x80" + chopped + b"\x02\x01\x07\x00\x00")
    assert value.indefinite
    assert value.children[0].octets() == b"abc"
    assert value.der() == b"\x30\x08\x04\x03abc\x02\x01\x07"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"\x30\x05\x02", b"\x30\x80\x02\x01\x01", b"\x1f\x81\x01\x00", b"\x04\x80", b"\x30\x89" + b"\1" * 9],
)
def test_what_is_no_asn1_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(der.MalformedASN1):
        der.read(data)


def test_depth_is_limited() -> None:
    with pytest.raises(der.MalformedASN1, match="deep"):
        der.read(b"\x30\x80" * 5_000)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    try:
        value = der.read(data)
    except der.MalformedASN1:
        return
    assert data.startswith(value.raw)
