"""Typed values in words, as a phone set to English would put them. Other phones follow their owner's language."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from passwright.passes.content import DataType, Field

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "KRW": "₩", "ILS": "₪"}
WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?", re.ASCII)
CURRENCY_CODE = re.compile(r"[A-Z]{3}")
DATE_STYLES = ("short", "medium", "long", "full")
FRACTION_DIGITS = 3
"""Of a decimal number that a phone shows."""


def plain_date(day: date) -> str:
    """22 Nov 2026"""
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def phrase(field: Field) -> str:
    """A field's value as it is shown. What does not read as its type is shown as it was written."""
    value = (field.value or "").strip()
    if field.data_type is DataType.NUMBER and NUMBER.fullmatch(value):
        return _number(Decimal(value), (field.format or "").strip().lower())
    if field.data_type is DataType.CURRENCY and NUMBER.fullmatch(value):
        return _amount(Decimal(value), (field.format or "").strip().upper()) or value
    if field.data_type in (DataType.DATE, DataType.DATETIME):
        return _moment(value, field.format or "", clock=field.data_type is DataType.DATETIME) or value
    return field.value or ""


def _number(value: Decimal, style: str) -> str:
    if style == "percent":
        return f"{value * 100:,.0f}%"
    if style == "scientific":
        return f"{value.normalize():E}".replace("E+", "E")
    return _grouped(value, FRACTION_DIGITS)


def _grouped(value: Decimal, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(value: Decimal, code: str) -> str:
    """€12.40, CHF 12.40; nothing without a currency, because then a phone is told nothing either."""
    if not CURRENCY_CODE.fullmatch(code):
        return ""
    amount = f"{abs(value):,.{0 if code in WITHOUT_CENTS else 2}f}"
    minus = "-" if value < 0 else ""
    return f"{minus}{SIGNS[code]}{amount}" if code in SIGNS else f"{minus}{code} {amount}"


def _moment(value: str, styles: str, *, clock: bool) -> str:
    """A date, or a date and a time as written, whatever its zone: the phone will show its own."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return ""
    named = [word for word in re.split(r"[\s,/]+", styles.lower()) if word in DATE_STYLES]
    day = _day(moment, named[0] if named else "medium")
    if not clock or len(value) <= len("2026-11-22"):
        return day
    return f"{day}, {moment:%H:%M}" if len(named) < 2 or named[1] == "short" else f"{day}, {moment:%H:%M:%S}"


def _day(moment: datetime, style: str) -> str:
    if style == "short":
        return f"{moment:%d/%m/%Y}"
    if style == "medium":
        return plain_date(moment)
    long = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    return long if style == "long" else f"{DAYS[moment.weekday()]} {long}"
