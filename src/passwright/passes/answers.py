"""What somebody says for a field, read by the field's type: the text that is kept, or what is wrong and what to do.

Every door calls this: the API, imports, remote forms, our own form. What is kept reads as itself again.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Container
from decimal import Decimal
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from email_validator import validate_email
from msgspec import Struct

from passwright.passes.content import Behaviour, DataType, Field, Revision
from passwright.passes.faults import Fault as Fault
from passwright.passes.places import Places, kept_text, places_of
from passwright.passes.words import NUMBER

Read = str | tuple[Fault, ...]
"""The text that is kept, empty for no value; or everything that is wrong."""

LONGEST_LINE = 200
LONGEST_TEXT = 2000
"""Characters of a holder's answer: of one line, and of several."""
LONGEST = 65_535
"""Characters of what an issuer says."""
SHOWN = 40
"""Characters of a wrong answer that are repeated in the sentence about it."""
SHOWN_CHOICES = 8

DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
TIME = re.compile(r"[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?", re.ASCII)
ASSET = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than tabs and line breaks, and halves of characters."""
YES, NO = "Yes", "No"
SWITCH = {"true": YES, "yes": YES, "false": NO, "no": NO}

ALPHABET = "346789ABCDEFGHJKMNPQRTUVWXY"
"""Of generated values. None looks like another: no 0 and O, 1 and I and L, 2 and Z, 5 and S."""
DIGITS, FIRST_DIGITS = "0123456789", "123456789"
SHORTEST_GENERATED, LONGEST_GENERATED, USUAL_GENERATED = 4, 64, 10
LONGEST_GENERATED_NUMBER = 15
"""Digits that a phone keeps exactly."""


def longest_answer(field: Field) -> int:
    """Characters of a holder's answer."""
    if field.data_type is DataType.LOCATIONS:
        return LONGEST
    return LONGEST_TEXT if field.data_type is DataType.MULTILINE else LONGEST_LINE


def read_value(field: Field, sent: Any, *, country: str | None = None, longest: int = LONGEST) -> Read:
    """What is kept of a value of whatever kind. Whitespace is no value, and neither is None.

    ``country`` (ISO 3166-1): where phone numbers without one belong. ``longest``: in characters.
    """
    if sent is None:
        return ""
    if field.data_type is DataType.LOCATIONS:
        return read_places_sent(sent, longest)
    text = text_of(sent) if field.data_type is not DataType.BOOLEAN or not isinstance(sent, bool) else str(sent)
    if text is None:
        return (Fault("The answer must be a text."),)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return ""
    if len(text) > longest:
        words: dict[str, str | int] = {"number": len(text), "most": longest}
        return (Fault("The answer has {number:,} characters, {most:,} fit. Shorten it.", words),)
    if UNSHOWN.search(text):
        return (Fault("The answer holds a character that cannot be shown. Type it again."),)
    read = READERS.get(field.data_type)
    return read(field, text, country) if read else text


def text_of(sent: Any) -> str | None:
    """A text as it is, a number as its digits; None for anything else."""
    if isinstance(sent, str):
        return sent
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return None
    if isinstance(sent, float):
        return format(Decimal(repr(sent)), "f") if isfinite(sent) else None
    return str(sent) if abs(sent) < 10**LONGEST_LINE else None  # Python writes no longer ones than of 4,300 digits


def read_places_sent(sent: Any, longest: int) -> Read:
    if isinstance(sent, str) and not sent.strip():
        return ""
    if isinstance(sent, str) and len(sent) > longest:
        words: dict[str, str | int] = {"number": len(sent), "most": longest}
        return (Fault("The answer has {number:,} characters, {most:,} fit. Shorten it.", words),)
    places = places_of(sent)
    return kept_text(places) if isinstance(places, Places) else places


def number(field: Field, text: str, country: str | None) -> Read:
    if NUMBER.fullmatch(text):
        return text
    words: dict[str, str | int] = {"answer": quoted(text)}
    return (Fault("{answer} is not a number. Type digits, with a point before decimals: 12.50.", words),)


def mail(field: Field, text: str, country: str | None) -> Read:
    return mail_address(text)


def mail_address(text: str) -> Read:
    """Nobody is asked whether the domain is there. The part after the @ is kept in small letters, as it is read."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except ValueError:
        words: dict[str, str | int] = {"answer": quoted(text)}
        return (Fault("{answer} is not a whole e-mail address. Type it as ada@example.com.", words),)


def phone(field: Field, text: str, country: str | None) -> Read:
    """E.164: a plus sign and digits."""
    words: dict[str, str | int] = {"answer": quoted(text)}
    try:
        read = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and "+" not in text:
            return (
                Fault("{answer} does not say its country. Type it with + and the country: +33 4 72 00 10 20.", words),
            )
        return (Fault("{answer} is not a phone number. Type its digits: +33 4 72 00 10 20.", words),)
    if phonenumbers.is_possible_number_with_reason(read) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return (Fault("{answer} is not a phone number. Type its digits: +33 4 72 00 10 20.", words),)
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)


def url(field: Field, text: str, country: str | None) -> Read:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not re.search(r"\s", text)
        whole = whole and parts.port != 0
    except ValueError:
        whole = False
    if whole:
        return text
    words: dict[str, str | int] = {"answer": quoted(text)}
    return (Fault("{answer} is not a whole web address. Type it as https://example.com.", words),)


def day(field: Field, text: str, country: str | None) -> Read:
    found = DAY.fullmatch(text)
    if not found:
        words: dict[str, str | int] = {"answer": quoted(text)}
        return (Fault("{answer} is not a date. Type year, month and day: 2026-11-22.", words),)
    return day_faults(found) or text


def day_faults(found: re.Match[str]) -> tuple[Fault, ...]:
    year, month, day = (int(part) for part in found.groups())
    if not 1 <= month <= 12:
        words: dict[str, str | int] = {"month": found[2]}
        return (Fault("There is no month {month}. Type year, month and day: 2026-11-22.", words),)
    if year == 0:
        return (Fault("There was no year {year}. Type year, month and day: 2026-11-22.", {"year": found[1]}),)
    last = monthrange(year, month)[1]
    if 1 <= day <= last:
        return ()
    words = {"month": f"{found[1]}-{found[2]}", "last": last}
    return (Fault("{month} has {last} days. Choose one from 1 to {last}.", words),)


def moment(field: Field, text: str, country: str | None) -> Read:
    """A day and a time, with its offset from UTC where it was sent with one; without one it is the wearer's clock."""
    found = DAY.match(text)
    time = TIME.fullmatch(text, found.end()) if found else None
    if not found or not time:
        words: dict[str, str | int] = {"answer": quoted(text)}
        return (Fault("{answer} is not a date and a time. Type 2026-11-22 18:30.", words),)
    return day_faults(found) or f"{found[0]}T{time[1]}{time[2] or ''}"


def choice(field: Field, text: str, country: str | None) -> Read:
    """One of those that the field lists, letter by letter; any text where it lists none."""
    if not field.choices or text in field.choices:
        return text
    offered = ", ".join(field.choices[:SHOWN_CHOICES]) + (", …" if len(field.choices) > SHOWN_CHOICES else "")
    words: dict[str, str | int] = {"answer": quoted(text), "choices": offered}
    return (Fault("{answer} is not one of the answers. Choose one of these: {choices}", words),)


def switch(field: Field, text: str, country: str | None) -> Read:
    """``Yes`` or ``No``, as the form calls them."""
    if text.lower() in SWITCH:
        return SWITCH[text.lower()]
    return (Fault("{answer} is not one of the answers. Choose Yes or No.", {"answer": quoted(text)}),)


def asset(field: Field, text: str, country: str | None) -> Read:
    """The id of an uploaded picture. Whether there is one with that id is not known here."""
    if ASSET.fullmatch(text.lower()):
        return text.lower()
    return (Fault("{answer} is not the id of a picture. Upload one and send its id.", {"answer": quoted(text)}),)


def quoted(text: str) -> str:
    return f"“{text if len(text) <= SHOWN else text[:SHOWN] + '…'}”"


READERS: dict[DataType, Callable[[Field, str, str | None], Read]] = {
    DataType.NUMBER: number,
    DataType.CURRENCY: number,
    DataType.EMAIL: mail,
    DataType.PHONE: phone,
    DataType.URL: url,
    DataType.DATE: day,
    DataType.DATETIME: moment,
    DataType.BOOLEAN: switch,
    DataType.CHOICE: choice,
    DataType.IMAGE: asset,
}
"""A text of one or several lines says what it likes."""


def is_blank(text: str | None) -> bool:
    return text is None or not text.strip()


def holder_writes(field: Field) -> bool:
    """Whether the holder of a pass has a say in the field: only in what is kept per pass, shown, and left to him."""
    kept_back = field.admin_only or field.hidden or field.generated
    return field.behaviour is Behaviour.DYNAMIC and not kept_back


class Rules(Struct, frozen=True):
    """What the fields of a campaign ask for, found once."""

    ruled: bool
    """Whether any of them asks more of a value than v2 does."""
    pictures: bool
    distinct: tuple[str, ...]
    """Keys, in their order."""


MOST_KNOWN = 64
known_rules: dict[int, tuple[tuple[Field, ...], Rules]] = {}
"""By the identity of a revision's fields, which are kept here so that it stays theirs: to look through hundreds of
fields takes as long as to read what is sent for some."""


def rules_of(fields: tuple[Field, ...]) -> Rules:
    known = known_rules.get(id(fields))
    if known is not None and known[0] is fields:
        return known[1]
    rules = Rules(
        ruled=any(is_ruled(field) for field in fields),
        pictures=any(field.data_type is DataType.IMAGE for field in fields),
        distinct=tuple(sorted(field.key for field in fields if field.distinct)),
    )
    if len(known_rules) >= MOST_KNOWN:
        known_rules.clear()
    known_rules[id(fields)] = (fields, rules)
    return rules


def is_ruled(field: Field) -> bool:
    return field.data_type is not DataType.TEXT or field.required is True or field.generated or field.distinct


def self_service_obstacles(revision: Revision, known: Container[str] = ()) -> tuple[Fault, ...]:
    """Why nobody can make his own pass. Empty if one can. ``known``: keys of which the issuer has said the value."""
    return tuple(
        Fault(
            "“{key}” is required, and nobody but the issuer can fill it in. Give it a default, have it generated, or"
            " ask visitors for it.",
            {"key": field.key},
        )
        for field in left_to_the_issuer(revision, known)
    )


def left_to_the_issuer(revision: Revision, known: Container[str] = ()) -> tuple[Field, ...]:
    """The fields that need a value which no visitor can give."""
    return tuple(
        field
        for field in revision.fields
        if field.required is True
        and field.behaviour is Behaviour.DYNAMIC
        and field.key not in known
        and not field.generated
        and not holder_writes(field)
        and is_blank(field.value)
    )


def generated_length(field: Field) -> int | None:
    """How many letters and digits, by the field's ``format``; None if that is no such number."""
    text = (field.format or str(USUAL_GENERATED)).strip()
    length = int(text) if re.fullmatch(r"\d{1,3}", text, re.ASCII) else 0
    most = LONGEST_GENERATED_NUMBER if field.data_type is DataType.NUMBER else LONGEST_GENERATED
    return length if SHORTEST_GENERATED <= length <= most else None


def generated_value(field: Field, choose: Callable[[str], str]) -> str:
    """Letters and digits, of a number digits alone. ``choose`` takes one of a text's characters at random."""
    length = generated_length(field) or USUAL_GENERATED
    if field.data_type is DataType.NUMBER:
        return choose(FIRST_DIGITS) + "".join(choose(DIGITS) for _ in range(length - 1))
    return "".join(choose(ALPHABET) for _ in range(length))


def compared(text: str) -> str:
    """What two values of a distinct field have in common if they are the same one: without the space around them,
    whatever their letters' case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def distinct_digest(text: str) -> bytes:
    """SHA-256 of `compared`: however long the value is, an index holds it."""
    return hashlib.sha256(compared(text).encode()).digest()
