"""The words that follow the kind of pass."""

from __future__ import annotations

from datetime import datetime

from passwright.passes.content import Style

NOUNS = {
    Style.BOARDING_PASS: "boarding pass",
    Style.COUPON: "coupon",
    Style.EVENT_TICKET: "ticket",
    Style.GENERIC: "pass",
    Style.STORE_CARD: "card",
}
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def counted(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def day(at: datetime) -> str:
    """22 Nov 2026"""
    return f"{at.day} {at:%b %Y}"
