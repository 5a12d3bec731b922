"""Which fields a face shows, in which words; what is left over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from passwright.passes.content import BarcodeFormat, Content, DataType, Field, Position, Style
from passwright.passes.preview import numbers as n
from passwright.passes.preview.measuring import ELLIPSIS, one_line
from passwright.passes.preview.phrases import phrase
from passwright.passes.words import NOT_TEXT, worded

ANCHOR = re.compile(r"<a\s[^<>]{0,2000}>([^<>]{0,2000})</a>", re.IGNORECASE)
"""A link with words, the one markup that Apple knows in a value."""
LONGEST_DESCRIPTION = 500
MOST_FIELDS = 120
"""Of the back that are drawn, and of one side that are spoken."""
MOST_SPOKEN = 6_000
"""Characters that a screen reader is given of one side. Nobody listens for longer, and a page carries them twice."""
LINE_BREAKS = frozenset("\r\n\x85\u2028\u2029")
LINE_WEIGHT = 40
"""Characters that a line break counts for: so many stand on a line of the back."""


class Shown(Struct, frozen=True):
    """A field as it is drawn: clean words, and how strongly its value is painted."""

    key: str
    label: str
    value: str
    strength: float = 1.0
    text_alignment: str | None = None


class Groups(Struct, frozen=True):
    """The fields of a face by place, no more than it has room for."""

    header: tuple[Shown, ...]
    primary: tuple[Shown, ...]
    secondary: tuple[Shown, ...]
    auxiliary: tuple[Shown, ...]


def face_groups(content: Content, *, samples: bool, today: date) -> Groups:
    """What the face shows. Without a pass, values that are missing are made up and painted lighter."""
    return Groups(*(tuple(_shown(field, samples, today) for field in group) for group in _face(content)))


def overflow(content: Content) -> tuple[Field, ...]:
    """The fields of the face that find no room on it, in reading order."""
    kept = {field.key for group in _face(content) for field in group}
    return tuple(field for field in _visible(content) if field.position is not Position.BACK and field.key not in kept)


def back_fields(content: Content) -> tuple[Field, ...]:
    return tuple(field for field in _visible(content) if field.position is Position.BACK)


def spoken(content: Content) -> str:
    """Label and value of every field in reading order, as one text."""
    return joined((field.label, phrase(field)) for field in _visible(content))


def joined(pairs: Iterable[tuple[str | None, str | None]]) -> str:
    """Labels and values as one text; of links with words, the words."""
    said, room, given = list[str](), MOST_SPOKEN, [pair for pair in pairs if any(pair)]
    for place, pair in enumerate(given):
        if place >= MOST_FIELDS or room <= 0:
            said.append(and_more(len(given) - place))
            break
        text = ": ".join(part for part in (_spoken(words, room) for words in pair) if part)
        if text:
            said.append(text)
            room -= len(text)
    return ". ".join(said)


def _spoken(words: str | None, room: int) -> str:
    return one_line(ANCHOR.sub(r"\1", shortened(words or "", room)))


def and_more(count: int) -> str:
    return f"and {count:,} more"


def weight(text: str) -> int:
    return len(text) + (LINE_WEIGHT - 1) * sum(character in LINE_BREAKS for character in text)


def shortened(text: str, room: int) -> str:
    """The text, or the beginning of one that weighs more than ``room`` characters."""
    for place, character in enumerate(text):
        room -= LINE_WEIGHT if character in LINE_BREAKS else 1
        if room < 0:
            return text[:place].rstrip() + ELLIPSIS
    return text


def sample_value(data_type: DataType, today: date) -> str:
    """What a field of this type might say, as a value of that type."""
    if data_type is DataType.DATE:
        return today.isoformat()
    if data_type is DataType.DATETIME:
        return f"{today.isoformat()}T18:30"
    return SAMPLES[data_type]


OTHER_SAMPLE = "Example"
SAMPLES = {
    DataType.TEXT: "Ada Moreau",
    DataType.MULTILINE: "Ada Moreau",
    DataType.NUMBER: "12",
    DataType.CURRENCY: "12.40",
    DataType.EMAIL: "ada@example.com",
    DataType.PHONE: "+33 4 72 00 10 20",
    DataType.URL: "https://example.com",
    DataType.CHOICE: "Regular",
    DataType.BOOLEAN: "Yes",
    DataType.IMAGE: "",
    DataType.LOCATIONS: "",
}


def _visible(content: Content) -> Iterable[Field]:
    return (
        worded(field, content.language)
        for field in content.fields
        if not field.hidden and field.data_type not in NOT_TEXT
    )


def _face(content: Content) -> tuple[tuple[Field, ...], ...]:
    header, primary, secondary, auxiliary = (
        tuple(field for field in _visible(content) if field.position is position)
        for position in (Position.HEADER, Position.PRIMARY, Position.SECONDARY, Position.AUXILIARY)
    )
    second, third = _row_counts(content.style, len(secondary), content.barcode.format)
    return header[: n.HEADER_COUNT], primary[: n.PRIMARY_COUNT[content.style]], secondary[:second], auxiliary[:third]


def _row_counts(style: Style, secondary: int, code: BarcodeFormat) -> tuple[int, int]:
    """How many secondary and auxiliary fields there is room for. Event tickets have a second auxiliary row unless a
    square code stands in its place."""
    if style in (Style.STORE_CARD, Style.COUPON):
        return n.COMBINED.count, max(0, n.COMBINED.count - secondary)
    if style is Style.BOARDING_PASS:
        return n.BOARDING_SECONDARY.count, n.BOARDING_AUXILIARY.count
    if style is Style.EVENT_TICKET and code not in n.SQUARE_FORMATS:
        return n.STRIP_SECONDARY.count, n.STRIP_AUXILIARY.count + n.STRIP_SECOND_AUXILIARY.count
    return n.GENERIC_SECONDARY.count, n.GENERIC_AUXILIARY.count


def is_other_text(field: Field) -> bool:
    """A text that is hardly a name, as the one in the first place mostly is."""
    return field.data_type is DataType.TEXT and field.position is not Position.PRIMARY


def sample_of(field: Field, today: date) -> str:
    """What a pass might say there: of answers to choose from the first."""
    if field.choices:
        return field.choices[0]
    return OTHER_SAMPLE if is_other_text(field) else sample_value(field.data_type, today)


def _shown(field: Field, samples: bool, today: date) -> Shown:
    strength = 1.0
    if samples and not one_line(field.value):
        field, strength = replace(field, value=sample_of(field, today)), n.SAMPLE_STRENGTH
    return Shown(field.key, one_line(field.label).upper(), one_line(phrase(field)), strength, field.text_alignment)
