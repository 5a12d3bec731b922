"""Colours: the one notation every phone reads, and whether text can be read on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from passwright.apple.validation import shapes
from passwright.apple.validation.document import Document
from passwright.apple.validation.issue import Issue, Severity, rules_about

rule = rules_about("Colours")

COLOUR_FORM = rule(
    "colour_form",
    Severity.REFUSED,
    "{key} is “{value}”, which phones do not read as a colour.",
    "Write it like rgb(34, 107, 62), each part from 0 to 255.",
)
COLOUR_HEX = rule(
    "colour_hex",
    Severity.ADVICE,
    "{key} is “{value}”; Apple documents only the form rgb(…).",
    "Write {rgb}.",
)
COLOUR_RGBA = rule(
    "colour_rgba",
    Severity.ADVICE,
    "{key} is “{value}”; phones ignore the transparency, and Apple's Pass Builder does not accept it.",
    "Write {rgb}.",
)
CONTRAST = rule(
    "contrast_low",
    Severity.ADVICE,
    "{key} on backgroundColor has a contrast of {ratio} to 1, which is hard to read.",
    "Choose colours with at least 3 to 1.",
)

COLOUR_KEYS = ("backgroundColor", "foregroundColor", "labelColor", "footerBackgroundColor", "stripColor")
LEAST_CONTRAST = 3.0

RGB = re.compile(r"\s*rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)\s*", re.ASCII)
RGBA = re.compile(
    r"\s*rgba\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*\d*\.?\d+\s*\)\s*", re.ASCII | re.IGNORECASE
)
HEX = re.compile(r"#(?:([0-9a-f])([0-9a-f])([0-9a-f])|([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2}))", re.IGNORECASE)

Colour = tuple[int, int, int]


def colour(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield shapes.wrong_type(value, path, "text")
        return
    key, parts = shapes.name(path), components(value)
    if parts is None:
        yield COLOUR_FORM.at(path, key=key, value=value)
    elif not RGB.fullmatch(value):
        broken = COLOUR_HEX if value.startswith("#") else COLOUR_RGBA
        yield broken.at(path, key=key, value=value, rgb="rgb({}, {}, {})".format(*parts))


def components(value: object) -> Colour | None:
    """Red, green and blue of any notation that some reader of passes knows."""
    if not isinstance(value, str):
        return None
    if found := RGB.fullmatch(value) or RGBA.fullmatch(value):
        red, green, blue = (int(part) for part in found.groups())
        return (red, green, blue) if max(red, green, blue) <= 255 else None
    if found := HEX.fullmatch(value):
        red, green, blue = (int(part * (3 - len(part)), 16) for part in found.groups() if part)
        return red, green, blue
    return None


def check_contrast(document: Document) -> Iterator[Issue]:
    """Only colours that the pass chooses itself; what the system picks, it picks readable."""
    background = components(document.keys.get("backgroundColor"))
    if background is None or (document.keys.get("useAutomaticColors") is True and document.is_poster_event):
        return
    for key in ("foregroundColor", "labelColor"):
        ink = components(document.keys.get(key))
        if ink is not None and (ratio := contrast(ink, background)) < LEAST_CONTRAST:
            yield CONTRAST.at(document.path(key), key=key, ratio=f"{ratio:.1f}")


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(parts: Colour) -> float:
    red, green, blue = (linear(part / 255) for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


CHECKS = (check_contrast,)
