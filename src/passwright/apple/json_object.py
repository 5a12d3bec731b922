"""What all objects of pass.json have in common: Apple's spelling of keys, dates with a zone, keys to come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from re import compile as pattern
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import fields, force_setattr

EXTRA_KEY: Final = "~extra~"
"""Never reaches a phone: its absence from the bytes tells that nothing has to be merged in."""

SPELLINGS = {
    "id": "ID",
    "ids": "IDs",
    "url": "URL",
    "urls": "URLs",
    "uuid": "UUID",
    "sha256": "SHA256",
    "ssrs": "SSRs",
}


class NaiveDate(ValueError):
    """A date without time zone: Wallet refuses the pass."""


class WrongColor(ValueError):
    """A colour that is neither #rgb nor #rrggbb nor rgb(r, g, b)."""


class WrongNumber(ValueError):
    """JSON has no way to write infinity or not-a-number."""


def apple_key(name: str) -> str:
    """``proximity_uuid`` -> ``proximityUUID``."""
    first, *rest = name.split("_")
    return SPELLINGS.get(first, first) + "".join(SPELLINGS.get(word, word.capitalize()) for word in rest)


class AppleObject(Struct, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key, gc=False):
    """An object of pass.json. Python names are snake_case, keys are Apple's; what is None is left out."""

    extra: Mapping[str, Any] | None = field(default=None, name=EXTRA_KEY)
    """Keys that this version does not know, as they shall stand in the JSON. They win over known ones."""


class DatedObject(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """An object that holds dates. They must have a zone; fractions of a second are dropped."""

    def __post_init__(self) -> None:
        for name in date_names(type(self)):
            value = getattr(self, name)
            if value is not None:
                force_setattr(self, name, whole_second(value))


DATE_NAMES: dict[type[Struct], tuple[str, ...]] = {}


def date_names(kind: type[Struct]) -> tuple[str, ...]:
    """The attributes of a class that hold dates; one entry a class is kept."""
    names = DATE_NAMES.get(kind)
    if names is None:
        names = DATE_NAMES[kind] = tuple(
            f.name for f in fields(kind) if f.type == datetime | None or f.type is datetime
        )
    return names


def whole_second(instant: datetime) -> datetime:
    """
    Raises:
        NaiveDate: if there is no zone.
    """
    if instant.utcoffset() is None:
        raise NaiveDate(f"{instant.isoformat()} has no time zone")
    return instant.replace(microsecond=0) if instant.microsecond else instant


def iso(instant: datetime) -> str:
    """As pass.json spells it: ``2026-11-22T10:00:00Z`` or ``…+01:00``.

    Raises:
        NaiveDate: if there is no zone.
    """
    text: str = msgspec.to_builtins(whole_second(instant))
    return text


HEX = pattern(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
RGB = pattern(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")


@lru_cache(maxsize=1024)
def rgb(color: str) -> str:
    """``#3c4`` and ``#33cc44`` -> ``rgb(51, 204, 68)``, the one spelling that every reader takes.

    Raises:
        WrongColor: if it is another notation.
    """
    if match := HEX.fullmatch(color.strip()):
        digits = match.group(1)
        parts = [digit * 2 for digit in digits] if len(digits) == 3 else [digits[i : i + 2] for i in (0, 2, 4)]
        red, green, blue = (int(part, 16) for part in parts)
    elif match := RGB.fullmatch(color.strip().lower()):
        red, green, blue = (int(number) for number in match.groups())
    else:
        raise WrongColor(f"{color!r} is no colour: write #rrggbb or rgb(r, g, b)")
    if max(red, green, blue) > 255:
        raise WrongColor(f"{color!r}: each part is 0 to 255")
    return f"rgb({red}, {green}, {blue})"


def check_finite(value: object) -> None:
    """
    Raises:
        WrongNumber: if it is infinite or not a number.
    """
    if isinstance(value, (float, Decimal)) and not isfinite(value):
        raise WrongNumber(f"{value} cannot be written as a JSON number")


ENCODER = msgspec.json.Encoder(decimal_format="number")
MARK = EXTRA_KEY.encode()


def encode(value: AppleObject) -> bytes:
    """Compact JSON in UTF-8, keys in the order of their declaration, extra ones last."""
    encoded = ENCODER.encode(value)
    # One octet is searched for much faster than seven.
    return ENCODER.encode(merged(value)) if b"~" in encoded and MARK in encoded else encoded


def merged(value: Any) -> Any:
    """The same as plain objects, extra keys in their places."""
    if isinstance(value, AppleObject):
        known = {
            f.encode_name: merged(item)
            for f in fields(value)
            if f.name != "extra" and (item := getattr(value, f.name)) != f.default
        }
        return known | {key: merged(item) for key, item in (value.extra or {}).items()}
    if isinstance(value, Mapping):
        return {key: merged(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [merged(item) for item in value]
    return whole_second(value) if isinstance(value, datetime) else value
