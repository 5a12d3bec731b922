"""Many rows in one body: a JSON text a line, or the elements of a JSON array, cut apart without reading it whole.

Only brackets and texts are told apart here; whether a row is JSON is found out when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import IO

import msgspec

from passwright.payloads.bodies import MAX_DEPTH

MOST_ROW_BYTES = 64 * 1024
READ_AT_ONCE = 256 * 1024
PIECE = 1024
"""Bytes that are looked through at once for the end of a row that is passed over."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

TOO_LONG = b""
"""Stands for a row of more than `MOST_ROW_BYTES`; no other row is empty."""
BROKEN = b"\x01"
"""In the place of what a row may not contain: no JSON has it anywhere, so that what is broken stays broken."""

TOO_DEEP = b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2)
"""Stands for a row that is nested so deeply that it is refused (`bodies.MAX_DEPTH`), and is refused as that is."""

BLANKS = re.compile(rb"[ \t\r\n]*+")
TEXT = rb'"(?:[^"\\]++|\\.)*+"'
WORD = re.compile(rb'[^\s,\[\]{}"]*+')
SCALAR = re.compile(rb'(?:%s|[^\s,\[\]{}"])++' % TEXT, re.DOTALL)
TEXTS = re.compile(TEXT, re.DOTALL)
WHOLE = re.compile(rb'(?:[^"]++|%s)*+' % TEXT, re.DOTALL)
BRACKETS = re.compile(rb"%s|([\[\]{}])" % TEXT, re.DOTALL)
OTHERS = bytes(sign for sign in range(256) if sign not in b"[]{}")
INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
STEPS = [1 if sign in b"[{" else -1 for sign in range(256)]


def nested_within(depth: int) -> re.Pattern[bytes]:
    """An object or a list with so many levels at most. A pattern and no loop: most of the bytes that come by HTTP go
    through it, in a process that has others to answer."""
    inner = rb'(?:[^"\[\]{}]++|%s)*+' % TEXT
    for _ in range(depth - 1):
        inner = rb'(?:[^"\[\]{}]++|%s|[\[{]%s[\]}])*+' % (TEXT, inner)
    return re.compile(rb"[\[{]%s[\]}]" % inner, re.DOTALL)


NESTED = nested_within(MAX_DEPTH + 1)


class NotRows(Exception):
    """The body is neither rows of JSON nor a JSON array; ``str`` is the sentence that names the place."""


def rows_of(body: IO[bytes]) -> Iterator[bytes]:
    """The rows in order, each on one line, without blank ones.

    Raises:
        NotRows: at the place where an array is broken; rows before it have been given out.
    """
    head = body.read(READ_AT_ONCE).removeprefix(BYTE_ORDER_MARK).lstrip(b" \t\r\n")
    while not head and (more := body.read(READ_AT_ONCE)):
        head = more.lstrip(b" \t\r\n")
    return ArrayRows(body, head).rows() if head.startswith(b"[") else lines(body, head)


def lines(body: IO[bytes], head: bytes) -> Iterator[bytes]:
    """The lines of ``head`` and what follows it."""
    rest, passing_over = head, False
    while rest:
        *whole, rest = rest.split(b"\n")
        for line in whole:
            if passing_over:
                passing_over = False
            elif row := line.strip(b" \t\r"):
                yield row if len(row) <= MOST_ROW_BYTES else TOO_LONG
        if len(rest) > MOST_ROW_BYTES + READ_AT_ONCE or passing_over:
            if not passing_over:
                yield TOO_LONG
            rest, passing_over = b"", True
        more = body.read(READ_AT_ONCE)
        if not more:
            break
        rest += more
    if not passing_over and (row := rest.strip(b" \t\r")):
        yield row if len(row) <= MOST_ROW_BYTES else TOO_LONG


class ArrayRows:
    """The elements of a JSON array that arrives piece by piece. ``text`` from ``place`` on is not used up yet."""

    def __init__(self, body: IO[bytes], head: bytes) -> None:
        self.body = body
        self.text = bytearray(head)
        self.place = 1
        self.before = 0
        self.number = 0
        self.start = 0
        """Of the row, or of what follows it, in the body."""

    def rows(self) -> Iterator[bytes]:
        first = self.next_byte()
        while first != b"]" or self.number:
            self.number += 1
            yield on_one_line(self.element(first))
            after = self.next_byte()
            if after == b"]":
                break
            if after != b",":
                raise self.broken("needs a comma or the array's end after it")
            self.place += 1
            first = self.next_byte()
        self.place += 1
        if self.next_byte():
            raise NotRows(f"The array ends before the end of the body (byte {self.start + 1}).")

    def next_byte(self) -> bytes:
        """The next byte that is not blank; empty at the end. It is not used up."""
        while True:
            self.place = found.end() if (found := BLANKS.match(self.text, self.place)) else self.place
            if self.place < len(self.text) or not self.read_on():
                self.start = self.before + self.place
                return bytes(self.text[self.place : self.place + 1])

    def read_on(self) -> bool:
        """Forget what is used up and read more; False at the end."""
        del self.text[: self.place]
        self.before += self.place
        self.place = 0
        more = self.body.read(READ_AT_ONCE)
        self.text += more
        return bool(more)

    def element(self, first: bytes) -> bytes:
        if first in (b"{", b"["):
            return self.nested()
        if first in (b"", b",", b"]", b"}"):
            raise self.broken("is missing" if first else "is missing: the array has no end")
        return self.scalar()

    def scalar(self) -> bytes:
        """A number, a text, a word, or what somebody took for one."""
        while True:
            found = SCALAR.match(self.text, self.place)
            if found and found.end() < len(self.text):
                return self.used(found.end())
            if len(self.text) - self.place > MOST_ROW_BYTES:
                return self.passed_over_scalar()
            if not self.read_on():
                raise self.broken("has no end")

    def passed_over_scalar(self) -> bytes:
        """The same for one that is too long, of which nothing is kept."""
        while True:
            if self.text[self.place : self.place + 1] == b'"':
                self.pass_over_text()
            found = WORD.match(self.text, self.place)
            self.place = found.end() if found else self.place
            ended = self.place < len(self.text) or not self.read_on()
            if ended and self.text[self.place : self.place + 1] != b'"':
                return TOO_LONG

    def nested(self) -> bytes:
        """An object or a list up to its last bracket."""
        while True:
            if found := NESTED.match(self.text, self.place):
                return self.used(found.end())
            if len(self.text) - self.place > MOST_ROW_BYTES or not self.read_on():
                return self.passed_over()

    def passed_over(self) -> bytes:
        """The same for an element that is too long or nested too deeply, of which nothing is kept."""
        depth = 0
        while True:
            if self.text[self.place : self.place + 1] == b'"':  # a text that has no end yet
                self.pass_over_text()
            whole = WHOLE.match(self.text, self.place, self.place + PIECE)
            part = bytes(self.text[self.place : whole.end() if whole else self.place])
            levels = [*accumulate(map(STEPS.__getitem__, TEXTS.sub(b"", part).translate(None, OTHERS)), initial=depth)]
            if 0 in levels[1:]:
                self.place += end_of_bracket(part, levels.index(0, 1))
                return TOO_LONG if self.before + self.place - self.start > MOST_ROW_BYTES else TOO_DEEP
            depth, self.place = levels[-1], self.place + len(part)
            if self.place == len(self.text) and not self.read_on():
                raise self.broken("has no end")

    def pass_over_text(self) -> None:
        """A text of any length."""
        self.place += 1
        while True:
            found = INSIDE.match(self.text, self.place)
            self.place = found.end() if found else self.place
            if self.text[self.place : self.place + 1] == b'"':
                self.place += 1
                return
            if not self.read_on():  # perhaps in the middle of an escape
                raise self.broken("has no end")

    def used(self, end: int) -> bytes:
        element = bytes(self.text[self.place : end])
        self.place = end
        return element if len(element) <= MOST_ROW_BYTES else TOO_LONG

    def broken(self, fault: str) -> NotRows:
        return NotRows(f"The array is broken: row {self.number} (byte {self.start + 1}) {fault}.")


def end_of_bracket(text: bytes, number: int) -> int:
    """Behind the ``number``-th bracket that does not stand in a text."""
    brackets = (found.end() for found in BRACKETS.finditer(text) if found[1])
    return next(islice(brackets, number - 1, None))


def on_one_line(row: bytes) -> bytes:
    """The same JSON without line breaks; what is no JSON does not become one."""
    if b"\n" not in row and b"\r" not in row:
        return row
    try:
        return msgspec.json.format(row, indent=-1)
    except (msgspec.DecodeError, RecursionError):
        return row.replace(b"\n", BROKEN).replace(b"\r", BROKEN)
