"""Attributes as clients send them, read with their types: strict about kinds, tolerant where the contract says so.

`Sent` collects what is wrong, by attribute name, so that one answer names everything. A reader returns ``UNSET`` for
what was not sent (or is wrong), None for ``null`` and the value otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import UNSET, UnsetType

from passwright.operations.refusals import ValidationFailed
from passwright.passes.codes import UnformattedBarcode
from passwright.passes.content import AltTextType, Barcode, BarcodeFormat
from passwright.payloads.texts import digits, read_moment, read_uuid

Choice = TypeVar("Choice", bound=StrEnum)

MAX_TEXT = 65_535
"""Characters of any text."""
MAX_NAME = 255
"""Characters of what is unique: an index entry must hold it."""
COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
WORDS = {"true": True, "1": True, "false": False, "0": False}


class Sent:
    """The attributes of one object. ``within`` is its path in error names (``locations[0].``)."""

    def __init__(
        self, attributes: Mapping[str, Any], *, within: str = "", errors: dict[str, list[str]] | None = None
    ) -> None:
        self.attributes = attributes
        self.within = within
        self.errors: dict[str, list[str]] = {} if errors is None else errors

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    def refuse(self, name: str, reason: str) -> None:
        """Note that an attribute is wrong; ``reason`` completes "<name> …"."""
        reasons = self.errors.setdefault(f"{self.within}{name}", [])
        if reason not in reasons:
            reasons.append(reason)

    def check(self) -> None:
        """End here if anything is wrong.

        Raises:
            ValidationFailed: with all that was noted.
        """
        if self.errors:
            raise ValidationFailed(self.errors)

    def raw(self, name: str) -> Any | UnsetType:
        return self.attributes.get(name, UNSET)

    def unless_blank(self, name: str) -> Any | UnsetType:
        """What was sent; None for a text of nothing but spaces, with which forms and old clients empty an attribute."""
        value = self.raw(name)
        return None if isinstance(value, str) and not value.strip() else value

    def missing(self, name: str) -> bool:
        """Nothing, ``null`` or blank was sent."""
        value = self.raw(name)
        return value is UNSET or value is None or (isinstance(value, str) and not value.strip())

    def require(self, *names: str) -> None:
        for name in names:
            if self.missing(name):
                self.refuse(name, "can't be blank")

    def text(self, name: str, *, most: int = MAX_TEXT) -> str | UnsetType | None:
        """Text; a number becomes its digits."""
        value = self.raw(name)
        if value is UNSET or value is None:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = digits(value)
        if not isinstance(value, str):
            return self.wrong(name, "must be a text")
        if len(value) > most:
            return self.wrong(name, f"is too long (at most {most} characters)")
        return value

    def name(self, name: str = "name") -> str | UnsetType | None:
        """A text that cannot be blank and is short enough to be unique. ``null`` is refused."""
        if name in self and self.missing(name):
            return self.wrong(name, "can't be blank")
        return self.text(name, most=MAX_NAME)

    def boolean(self, name: str) -> bool | UnsetType | None:
        """``true``, ``false``, and the same as text or as 1 and 0; an empty text is none."""
        value = self.unless_blank(name)
        if value is UNSET or value is None or isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if isinstance(value, str | int) and word in WORDS:
            return WORDS[word]
        return self.wrong(name, "must be true or false")

    def integer(self, name: str, *, least: float = 0, most: float = 2**31 - 1) -> int | UnsetType | None:
        """A whole number, also as text or as ``5.0``; an empty text is none."""
        number = self.number(name)
        if not isinstance(number, int | float):
            return number
        if number != int(number):
            return self.wrong(name, "must be a whole number")
        if not least <= number <= most:
            return self.wrong(name, f"must be between {least} and {most}")
        return int(number)

    def number(
        self, name: str, *, least: float | None = None, most: float | None = None
    ) -> int | float | UnsetType | None:
        """A number, also as text; an empty text is none."""
        value = self.unless_blank(name)
        if value is UNSET or value is None:
            return value
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})\s*", value, re.ASCII):
            value = float(value) if "." in value else int(value)
        if not isinstance(value, int | float) or isinstance(value, bool):
            return self.wrong(name, "must be a number")
        if (least is not None and value < least) or (most is not None and value > most):
            return self.wrong(name, f"must be between {least:g} and {most:g}")
        return value

    def uuid(self, name: str) -> UUID | UnsetType | None:
        value = self.unless_blank(name)
        if value is UNSET or value is None:
            return value
        try:
            return read_uuid(value) if isinstance(value, str) else self.wrong(name, "must be an id")
        except ValueError:
            return self.wrong(name, "must be an id")

    def color(self, name: str) -> str | UnsetType | None:
        """``#rgb`` or ``#rrggbb``, kept as given; an empty text is none."""
        value = self.text(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        return value if COLOR.fullmatch(value) else self.wrong(name, "must be a color such as #3399ff or #39f")

    def choice(self, name: str, choices: type[Choice]) -> Choice | UnsetType | None:
        """One of the words; an empty text is none."""
        value = self.unless_blank(name)
        if value is UNSET or value is None:
            return value
        try:
            return choices(value)
        except ValueError:
            return self.wrong(name, f"must be one of {', '.join(choices)}")

    def moment(self, name: str, *, zone: tzinfo = UTC) -> datetime | UnsetType | None:
        """A date or time (`read_moment`), as UTC; without a zone it is read in ``zone``. An empty text is none."""
        value = self.unless_blank(name)
        if value is UNSET or value is None:
            return value
        try:
            return read_moment(value, zone=zone)
        except (AttributeError, TypeError, ValueError):
            return self.wrong(name, "must be a date and time such as 2027-01-31T18:30:00Z")

    def url(self, name: str) -> str | UnsetType | None:
        """An http or https address; an empty text is none."""
        value = self.text(name, most=2_000)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        return value if is_web_address(value) else self.wrong(name, "must be an http or https address")

    def mapping(self, name: str) -> dict[str, Any] | UnsetType | None:
        """An object; ``[]`` is an empty one, as PHP writes it."""
        value = self.raw(name)
        if value is UNSET or value is None:
            return value
        if value == []:
            return {}
        return value if isinstance(value, dict) else self.wrong(name, "must be an object")

    def objects(self, name: str, *, most: int | None = None) -> list[Sent] | UnsetType | None:
        """A list of objects, each with its own place in error names. ``{}`` is an empty list."""
        value = self.raw(name)
        if value is UNSET or value is None:
            return value
        if value == {}:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) or item == [] for item in value):
            return self.wrong(name, "must be a list of objects")
        if most is not None and len(value) > most:
            return self.wrong(name, f"can have at most {most} items")
        return [
            Sent(item or {}, within=f"{self.within}{name}[{index}].", errors=self.errors)
            for index, item in enumerate(value)
        ]

    def one(self, name: str) -> Sent | UnsetType | None:
        """An object as `Sent`, its errors under ``name.``."""
        value = self.mapping(name)
        if not isinstance(value, dict):
            return value
        return Sent(value, within=f"{self.within}{name}.", errors=self.errors)

    def barcode(self, name: str = "barcode", *, bare: bool = False) -> Barcode | UnformattedBarcode | UnsetType | None:
        """A code; ``bare`` (v1) takes the format alone as text."""
        if bare and isinstance(self.raw(name), str):
            format_ = self.choice(name, BarcodeFormat)
            return Barcode(format=format_) if isinstance(format_, BarcodeFormat) else UNSET
        sent = self.one(name)
        return read_barcode(sent) if isinstance(sent, Sent) else sent

    def wrong(self, name: str, reason: str) -> UnsetType:
        self.refuse(name, reason)
        return UNSET


def read_barcode(sent: Sent) -> Barcode | UnformattedBarcode:
    """A code of the v2 contract; an empty message or text is an absent one."""
    format_ = sent.choice("format", BarcodeFormat)
    rest = UnformattedBarcode(
        message=given(sent.text("message"), None) or None,
        alt_text=given(sent.text("alt_text"), None) or None,
        alt_text_type=given(sent.choice("alt_text_type", AltTextType), AltTextType.MIRROR),
    )
    return rest if format_ is UNSET or format_ is None else rest.with_format(format_)


Value = TypeVar("Value")
Default = TypeVar("Default")


def given(value: Value | UnsetType | None, default: Default) -> Value | Default:
    """The value, or the default when there is none."""
    return default if value is UNSET or value is None else value


def is_web_address(text: str) -> bool:
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
