"""ASN.1 as much of it as a signature needs: writing DER, reading BER (ITU-T X.690).

Old passes were signed by tools that write indefinite lengths and chopped strings, which `cryptography` refuses to
read; hence a reader of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
SEQUENCE = 0x30
SET = 0x31
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
CONTEXT_0 = 0xA0
CONTEXT_1 = 0xA1

CONSTRUCTED = 0x20
DEEPEST = 32


class MalformedASN1(ValueError):
    """These bytes are not ASN.1 in BER or DER."""


def length(size: int) -> bytes:
    """The length octets of a value of ``size`` octets."""
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tagged(tag: int, *contents: bytes) -> bytes:
    """One value: tag, length, the contents one after another."""
    content = b"".join(contents)
    return bytes((tag,)) + length(len(content)) + content


def set_of(*elements: bytes) -> bytes:
    """A SET OF in DER's order."""
    return tagged(SET, *sorted(elements))


def integer(value: int) -> bytes:
    return tagged(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def object_identifier(dotted: str) -> bytes:
    first, second, *arcs = (int(arc) for arc in dotted.split("."))
    return tagged(OBJECT_IDENTIFIER, *(base128(arc) for arc in (40 * first + second, *arcs)))


def base128(arc: int) -> bytes:
    """Seven bits an octet, most significant first, all but the last with the high bit set."""
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def time(instant: datetime) -> bytes:
    """UTCTime up to 2049, GeneralizedTime from 2050 on, as RFC 5652 section 11.3 asks; whole seconds.

    Raises:
        ValueError: if the instant has no zone.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    year, two = utc.year, TWO_DIGITS
    rest = two[utc.month], two[utc.day], two[utc.hour], two[utc.minute], two[utc.second], b"Z"
    if 1950 <= year < 2050:
        return b"".join((b"\x17\x0d", two[year % 100], *rest))
    return b"".join((b"\x18\x0f", two[year // 100], two[year % 100], *rest))


TWO_DIGITS = [b"%02d" % number for number in range(100)]
"""Looked up, because writing a time out takes longer than all else that a signature has besides its RSA operation."""


class Value(Struct, frozen=True):
    """One value of an ASN.1 tree as it lies in the bytes."""

    tag: int
    content: bytes
    """Contents octets; without the end-of-contents mark when the length was indefinite."""
    children: tuple[Value, ...]
    raw: bytes
    """The whole encoding, tag and length included."""
    indefinite: bool

    def der(self) -> bytes:
        """The same value with definite lengths and unchopped octet strings; the order of sets is left as it is."""
        if self.tag == OCTET_STRING | CONSTRUCTED:
            return tagged(OCTET_STRING, self.octets())
        if not self.tag & CONSTRUCTED:
            return tagged(self.tag, self.content)
        return tagged(self.tag, *(child.der() for child in self.children))

    def octets(self) -> bytes:
        """The content of an octet string, chopped or not."""
        if self.tag & CONSTRUCTED:
            return b"".join(child.octets() for child in self.children)
        return self.content

    def walk(self) -> Iterator[Value]:
        yield self
        for child in self.children:
            yield from child.walk()


def read(data: bytes) -> Value:
    """The one value that starts the data; what follows it is ignored, as OpenSSL and iOS do.

    Raises:
        MalformedASN1: if there is none.
    """
    try:
        value, _ = read_at(data, 0, len(data), 0)
    except IndexError:
        raise MalformedASN1("the data ends in the middle of a value") from None
    return value


def read_at(data: bytes, start: int, end: int, depth: int) -> tuple[Value, int]:
    if depth > DEEPEST:
        raise MalformedASN1(f"values lie more than {DEEPEST} deep in each other")
    tag = data[start]
    if tag & 0x1F == 0x1F:
        raise MalformedASN1(f"a long tag at octet {start}, which no signature has")
    size, begin = read_length(data, start + 1)
    if size is None:
        if not tag & CONSTRUCTED:
            raise MalformedASN1(f"a simple value without length at octet {start}")
        children, stop = read_until_mark(data, begin, end, depth)
        return Value(tag, data[begin : stop - 2], children, data[start:stop], True), stop
    stop = begin + size
    if stop > end:
        raise MalformedASN1(f"the value at octet {start} is longer than the data")
    children = read_all(data, begin, stop, depth) if tag & CONSTRUCTED else ()
    return Value(tag, data[begin:stop], children, data[start:stop], False), stop


def read_length(data: bytes, at: int) -> tuple[int | None, int]:
    """The length (None: indefinite) and where the content begins."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first == 0x80:
        return None, at + 1
    count = first & 0x7F
    if count > 4 or at + 1 + count > len(data):
        raise MalformedASN1(f"an impossible length at octet {at}")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def read_all(data: bytes, begin: int, stop: int, depth: int) -> tuple[Value, ...]:
    children = []
    while begin < stop:
        child, begin = read_at(data, begin, stop, depth + 1)
        children.append(child)
    return tuple(children)


def read_until_mark(data: bytes, begin: int, end: int, depth: int) -> tuple[tuple[Value, ...], int]:
    """The children before the end-of-contents mark, and where the mark ends."""
    children = []
    while data[begin : begin + 2] != b"\0\0":
        if begin >= end:
            raise MalformedASN1("the data ends before an indefinite length does")
        child, begin = read_at(data, begin, end, depth + 1)
        children.append(child)
    return tuple(children), begin + 2


def read_object_identifier(content: bytes) -> str:
    """Dotted, from the contents octets."""
    if not content or content[-1] & 0x80:
        raise MalformedASN1("an object identifier that does not end")
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def read_time(value: Value) -> datetime:
    """UTCTime (1950 to 2049) or GeneralizedTime, in ``Z``.

    Raises:
        MalformedASN1: if it is neither.
    """
    pattern = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(value.tag)
    try:
        if pattern is None:
            raise ValueError
        instant = datetime.strptime(value.content.decode("ascii"), pattern).replace(tzinfo=UTC)
    except ValueError:
        raise MalformedASN1("a time that is neither UTCTime nor GeneralizedTime") from None
    # strptime puts 50-68 into the 21st century, X.509 and CMS put 50-99 into the 20th.
    if value.tag == UTC_TIME and instant.year >= 2050:
        return instant.replace(year=instant.year - 100)
    return instant
