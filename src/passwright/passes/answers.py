"""What people type into a form, checked by the type of its field. Each fault is what is wrong, then what to type."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

from passwright.passes.content import DataType, Field
from passwright.passes.faults import Fault as Fault

LONGEST_LINE = 200
LONGEST_TEXT = 2000
"""Characters of an answer: of one line, and of several."""

NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?", re.ASCII)
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
TIME = re.compile(r"[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?", re.ASCII)
MAIL = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:.]+(?:\.[^\s@<>\"(),;:.]+)+")
PHONE = re.compile(r"\+?[\d ().\-/]+", re.ASCII)
FEWEST_DIGITS, MOST_DIGITS = 3, 20
FIRST_YEAR = 1
SHOWN = 40
"""Characters of a wrong answer that are repeated in the sentence about it."""


def longest_answer(field: Field) -> int:
    return LONGEST_TEXT if field.data_type is DataType.MULTILINE else LONGEST_LINE


def fault_of(field: Field, answer: str) -> str | None:
    """What is wrong with an answer, and what to do; None if nothing is. Whitespace is no answer."""
    text = answer.strip()
    if not text:
        return "The answer is missing. Fill it in." if field.required is not False else None
    if len(answer) > longest_answer(field):
        return f"The answer has {len(answer):,} characters, {longest_answer(field):,} fit. Shorten it."
    if any(ord(character) < 0x20 and character not in "\t\n" for character in answer):
        return "The answer holds a character that cannot be shown. Type it again."
    return type_fault(field, text)


def type_fault(field: Field, text: str) -> str | None:
    """What keeps a text (without space around it) from being read as the type of its field; None if nothing does."""
    check = CHECKS.get(field.data_type)
    return check(text) if check else None


def number_fault(text: str) -> str | None:
    if NUMBER.fullmatch(text):
        return None
    return f"{quoted(text)} is not a number. Type digits, with a point before decimals: 12.50."


def mail_fault(text: str) -> str | None:
    if MAIL.fullmatch(text):
        return None
    return f"{quoted(text)} is not a whole e-mail address. Type it as ada@example.com."


def phone_fault(text: str) -> str | None:
    digits = sum(character.isdigit() for character in text)
    if PHONE.fullmatch(text) and FEWEST_DIGITS <= digits <= MOST_DIGITS:
        return None
    return f"{quoted(text)} is not a phone number. Type its digits: +33 4 72 00 10 20."


def url_fault(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not re.search(r"\s", text)
    except ValueError:
        whole = False
    return None if whole else f"{quoted(text)} is not a whole web address. Type it as https://example.com."


def date_fault(text: str) -> str | None:
    found = DAY.fullmatch(text)
    if not found:
        return f"{quoted(text)} is not a date. Type year, month and day: 2026-11-22."
    return day_fault(*(int(part) for part in found.groups()))


def day_fault(year: int, month: int, day: int) -> str | None:
    """February 2027 has 28 days. Choose a day up to the 28th."""
    if not 1 <= month <= 12:
        return f"There is no month {month:02}. Type year, month and day: 2026-11-22."
    if year < FIRST_YEAR:
        return f"There was no year {year:04}. Type year, month and day: 2026-11-22."
    last = monthrange(year, month)[1]
    if 1 <= day <= last:
        return None
    name = f"{date(2000, month, 1):%B}"
    return f"{name} {year} has {last} days. Choose a day up to the {last}{'st' if last == 31 else 'th'}."


def datetime_fault(text: str) -> str | None:
    found = DAY.match(text)
    if found and TIME.fullmatch(text, found.end()):
        return day_fault(*(int(part) for part in found.groups()))
    return f"{quoted(text)} is not a date and a time. Type 2026-11-22 18:30."


def boolean_fault(text: str) -> str | None:
    return None if text in ("Yes", "No") else f"{quoted(text)} is not one of the answers. Choose Yes or No."


def quoted(text: str) -> str:
    return f"“{text if len(text) <= SHOWN else text[:SHOWN] + '…'}”"


CHECKS: dict[DataType, Callable[[str], str | None]] = {
    DataType.NUMBER: number_fault,
    DataType.CURRENCY: number_fault,
    DataType.EMAIL: mail_fault,
    DataType.PHONE: phone_fault,
    DataType.URL: url_fault,
    DataType.DATE: date_fault,
    DataType.DATETIME: datetime_fault,
    DataType.BOOLEAN: boolean_fault,
}
"""A text of one or several lines says what it likes, and so does a choice: nothing lists what there is to choose."""
