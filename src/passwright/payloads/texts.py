"""What clients write as text: read the same in bodies, addresses and filters."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime
from uuid import UUID

MAIL_DATE = re.compile(r"(?:[a-z]{3}, *)?\d{1,2} [a-z]{3} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|UTC|UT|GMT|Z)", re.I)
SLASHED_DATE = re.compile(r"(\d{4})/(\d\d)/(\d\d)(?!\d)")
NAMED_UTC = re.compile(r" *(?:UTC|GMT|Z)$", re.I)
SPACED_OFFSET = re.compile(r"(:\d\d(?:[.,]\d+)?) ([+-]?)(\d\d:?\d\d)$")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


def read_moment(text: str, *, zone: tzinfo = UTC) -> datetime:
    """A date or time as UTC; without a zone it is read in ``zone``.

    ISO 8601, what Ruby and PHP print (``2016-08-09 14:30:54 UTC``, ``2016/08/09 14:30:54 +0000``) and RFC 2822. The
    ``+`` of an offset may have become a space, as it does in a query.

    Raises:
        ValueError: if it is none, or so early or late that it has no UTC.
    """
    plain = text.strip()
    if MAIL_DATE.fullmatch(plain):
        moment = parsedate_to_datetime(plain)
        zone = UTC  # of -0000, which leaves the parsed time without one
    else:
        plain = NAMED_UTC.sub("+00:00", SLASHED_DATE.sub(r"\1-\2-\3", plain, count=1))
        plain = SPACED_OFFSET.sub(lambda part: f"{part[1]}{part[2] or '+'}{part[3]}", plain)
        moment = datetime.fromisoformat(plain)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def read_uuid(text: str) -> UUID:
    """An id in the spelling that the API prints, in small or capital letters.

    Raises:
        ValueError: if it is written in another way, such as in braces.
    """
    if not UUID_TEXT.fullmatch(text):
        raise ValueError("not a UUID")
    return UUID(text)


def digits(number: float) -> str:
    """A number without an exponent: what 0.00001 is called on a pass."""
    return format(Decimal(repr(number)), "f")
