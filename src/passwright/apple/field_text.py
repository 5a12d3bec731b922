"""The value of a field in words, as a phone set to English puts it. Other phones follow their owner's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEAR_DAYS = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "KRW": "₩", "ILS": "₪"}
WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
FRACTION_DIGITS = 3
"""Of a decimal number that a phone shows."""

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
LARGEST_SPELLED = 10**15


def field_text(field: Mapping[str, Any], *, at: datetime, zone: tzinfo = UTC) -> str:
    """How a phone in ``zone`` writes the value of a field of pass.json at the time ``at``, which needs a zone.

    A value that does not fit its style is written as it is.
    """
    value = field.get("value", "")
    if field.get("dateStyle") or field.get("timeStyle"):
        moment = date_of(value)
        return str(value) if moment is None else date_text(field, moment, at, zone)
    number = number_of(value)
    if number is None:
        return str(value)
    if field.get("currencyCode"):
        return amount_text(number, str(field["currencyCode"]).upper())
    return number_text(number, str(field.get("numberStyle", ""))) if field.get("numberStyle") else str(value)


def date_of(value: object) -> datetime | None:
    """None for what no phone reads as a date: it needs a time and a zone."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def number_of(value: object) -> Decimal | None:
    """None for a text, even one of digits: styles of numbers apply to numbers alone."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def date_text(field: Mapping[str, Any], moment: datetime, at: datetime, zone: tzinfo) -> str:
    """In the phone's zone, or as written with ``ignoresTimeZone``. ``isRelative`` names the days around today."""
    shown = moment if field.get("ignoresTimeZone") else moment.astimezone(zone)
    distance = (shown.date() - at.astimezone(shown.tzinfo).date()).days
    day = NEAR_DAYS.get(distance) if field.get("isRelative") else None
    parts = (
        day or day_text(shown, style_name(field.get("dateStyle"))),
        clock_text(shown, style_name(field.get("timeStyle"))),
    )
    return ", ".join(part for part in parts if part)


def style_name(style: object) -> str:
    return str(style or "").removeprefix("PKDateStyle")


def day_text(moment: datetime, style: str) -> str:
    month = MONTHS[moment.month - 1]
    return {
        "Short": f"{moment:%d/%m/%Y}",
        "Medium": f"{moment.day} {month[:3]} {moment.year}",
        "Long": f"{moment.day} {month} {moment.year}",
        "Full": f"{DAYS[moment.weekday()]} {moment.day} {month} {moment.year}",
    }.get(style, "")


def clock_text(moment: datetime, style: str) -> str:
    if style == "Short":
        return f"{moment:%H:%M}"
    return f"{moment:%H:%M:%S}" if style in ("Medium", "Long", "Full") else ""


def amount_text(number: Decimal, code: str) -> str:
    """€12.40, CHF 12.40"""
    amount = f"{abs(number):,.{0 if code in WITHOUT_CENTS else 2}f}"
    minus = "-" if number < 0 else ""
    return f"{minus}{SIGNS[code]}{amount}" if code in SIGNS else f"{minus}{code} {amount}"


def number_text(number: Decimal, style: str) -> str:
    if style == "PKNumberStylePercent":
        return f"{number * 100:,.0f}%"
    if style == "PKNumberStyleScientific":
        return f"{number.normalize():E}".replace("E+", "E")
    if style == "PKNumberStyleSpellOut":
        return spelled(number)
    text = f"{number:,.{FRACTION_DIGITS}f}"
    return text.rstrip("0").rstrip(".")


def spelled(number: Decimal) -> str:
    """minus twenty-one point five; digits from a thousand trillion on."""
    if abs(number) >= LARGEST_SPELLED:
        return f"{number:,f}"
    whole, _, fraction = f"{abs(number):f}".partition(".")
    words = [spelled_whole(int(whole))]
    if fraction.strip("0"):
        words += ["point", *(SMALL[int(digit)] for digit in fraction.rstrip("0"))]
    return " ".join(["minus", *words] if number < 0 else words)


def spelled_whole(number: int) -> str:
    if number < len(SMALL):
        return SMALL[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return f"{TENS[tens]}-{SMALL[rest]}" if rest else TENS[tens]
    scale, name = next((scale, name) for scale, name in SCALES if number >= scale)
    count, rest = divmod(number, scale)
    return f"{spelled_whole(count)} {name}" + (f" {spelled_whole(rest)}" if rest else "")
