"""The words that follow the kind of pass."""

from __future__ import annotations

from datetime import datetime

from passwright.passes.content import Content, Field, Style

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


def spoken_back(content: Content) -> str:
    said = [spoken_field(field) for field in content.fields if not field.hidden and field.position == "back"]
    return ". ".join(["The back", *(text for text in said if text)])


def spoken_field(field: Field) -> str:
    return ": ".join(text for text in (field.label, field.value) if text)
