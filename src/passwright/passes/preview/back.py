"""The back of a pass: what a phone shows behind its (i) button."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from passwright.passes.content import Content, DataType, Field
from passwright.passes.preview import numbers as n
from passwright.passes.preview.fields import (
    ANCHOR,
    LONGEST_DESCRIPTION,
    MOST_FIELDS,
    and_more,
    back_fields,
    joined,
    overflow,
    shortened,
    weight,
)
from passwright.passes.preview.markup import Line, document, number, rectangle, text, text_of, words
from passwright.passes.preview.measuring import (
    RIGHT_TO_LEFT,
    clusters,
    fit,
    isolated,
    legal,
    measure,
    one_line,
    reads_right_to_left,
)
from passwright.passes.preview.phrases import phrase
from passwright.passes.words import tongue_of

SWITCHES = ("Automatic updates", "Allow notifications", "Suggest on Lock Screen")
DONE = "Done"
ALSO_ON_THIS_PASS = "Also on this pass"
MOST_CHARACTERS = 20_000
"""That are drawn of all fields together, and of the latest news: ten screens of a phone each."""
TOUCHABLE = frozenset({DataType.EMAIL, DataType.PHONE, DataType.URL})
LEFT = n.SIDE + n.BACK_PADDING
WIDTH = n.INNER - 2 * n.BACK_PADDING

TOUCHED = re.compile(
    r"""
    (?P<link> \b(?:https?://|www\.)[^\s<>"]+ | (?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/[^\s<>"]* )
    | (?P<mail> (?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8} )
    | (?P<phone> (?<![\w+.,:/-])(?:\+|\(?0)[\d\ ().\-/]{5,22}\d(?![\w]) )
    """,
    re.VERBOSE | re.IGNORECASE,
)
FEWEST_DIGITS = 7
SENTENCE_END = ".,;:!?)’”"
WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
PIECES = re.compile(r" +|[^ ]+")


class Span(Struct, frozen=True):
    """A stretch of a line, blue if it can be touched."""

    text: str
    touchable: bool = False


class Entry(Struct, frozen=True):
    """A field of the back."""

    label: str
    value: str
    touchable: bool = False
    """The whole value is a link, a number or an address."""


def back_svg(content: Content, *, dark: bool = False) -> str:
    """The back, in the order in which a phone shows it: switches, what found no room on the face, the back fields,
    the latest news. Of very many fields, the first ones and how many more there are."""
    tones = n.BACK_DARK if dark else n.BACK_LIGHT
    parts, y = [*_title(content, tones), *_switches(tones)], _below_switches()
    for heading, entries in _groups(content):
        if heading:
            parts.append(_text(heading, LEFT, y + 13, n.BACK_LABEL, tones.label))
            y += 24
        group, y = _group(entries, y, tones)
        parts += group
        y += n.BACK_GROUP_GAP
    height = max(n.HEIGHT, y - n.BACK_GROUP_GAP + n.BACK_FOOT)
    description, said = one_line(shortened(content.description, LONGEST_DESCRIPTION)), spoken_back(content)
    name = ". ".join(part for part in (description, said) if part)
    ground = rectangle(0, 0, n.WIDTH, height, tones.ground, n.RADIUS)
    return document(n.WIDTH, height, title=description, name=name, description=said, parts=[ground, *parts])


def spoken_back(content: Content) -> str:
    """What a screen reader says of the back."""
    return joined((entry.label, entry.value) for _, group in _groups(content) for entry in group)


def _groups(content: Content) -> Iterator[tuple[str, list[Entry]]]:
    also, own = list(_entries(overflow(content))), list(_entries(back_fields(content)))
    kept = _within_bounds([*also, *own])
    if also:
        yield ALSO_ON_THIS_PASS, kept[: len(also)]
    more = len(also) + len(own) - len(kept)
    rest = [Entry(and_more(more), "")] if more else []
    news = shortened(content.push_message, MOST_CHARACTERS)
    tongue = tongue_of(content.language)
    if content.edit_link:
        rest.append(Entry(tongue.your_details, tongue.manage, touchable=True))
    rest += [Entry(tongue.latest_news, news)] if one_line(news) else []
    if back := [*kept[len(also) :], *rest]:
        yield "", back


def _within_bounds(entries: list[Entry]) -> list[Entry]:
    """The first of them, the last one perhaps shortened."""
    kept, room = list[Entry](), MOST_CHARACTERS
    for entry in entries[:MOST_FIELDS]:
        label = shortened(entry.label, room)
        value = shortened(entry.value, room - weight(label))
        kept.append(Entry(label, value, entry.touchable))
        room -= weight(label) + weight(value)
        if (label, value) != (entry.label, entry.value):
            break
    return kept


def _entries(fields: Iterable[Field]) -> Iterator[Entry]:
    for field in fields:
        if one_line(field.label) or one_line(field.value):
            yield Entry(field.label or "", phrase(field), field.data_type in TOUCHABLE)


def _title(content: Content, tones: n.Tones) -> Iterator[str]:
    organization = fit(one_line(content.organization_name), n.BACK_TITLE_ROOM, n.BACK_TITLE)
    y = n.BACK_TITLE_BASELINE
    face = n.Face(organization.size, n.BACK_TITLE.weight, n.BACK_TITLE.smallest)
    yield _text(organization.shown, n.WIDTH / 2, y, face, tones.ink, "center")
    yield _text(DONE, n.WIDTH - n.SIDE, y, n.BACK_TITLE, tones.link, "right")


def _switches(tones: n.Tones) -> Iterator[str]:
    top = n.BACK_SWITCHES_TOP
    yield rectangle(n.SIDE, top, n.INNER, n.BACK_SWITCH_ROW * len(SWITCHES), tones.group, n.BACK_RADIUS)
    for index, name in enumerate(SWITCHES):
        row, switch = top + index * n.BACK_SWITCH_ROW, n.BACK_SWITCH
        if index:
            yield _rule(row, tones)
        yield _text(name, LEFT, row + 27, n.BACK_VALUE, tones.ink)
        yield rectangle(switch.x, row + switch.y, switch.width, switch.height, tones.switch, switch.height / 2)
        middle = row + switch.y + switch.height / 2
        yield f'<circle cx="{number(switch.x + switch.width - 14)}" cy="{number(middle)}" r="12" fill="{n.WHITE}"/>'


def _below_switches() -> float:
    return n.BACK_SWITCHES_TOP + n.BACK_SWITCH_ROW * len(SWITCHES) + n.BACK_GROUP_GAP


def _group(entries: list[Entry], top: float, tones: n.Tones) -> tuple[list[str], float]:
    """A group of fields on its ground, and where it ends."""
    y, parts = top, list[str]()
    for index, entry in enumerate(entries):
        if index:
            parts.append(_rule(y, tones))
        drawn, y = _entry(entry, y, tones)
        parts += drawn
    return [rectangle(n.SIDE, top, n.INNER, y - top, tones.group, n.BACK_RADIUS), *parts], y


def _entry(entry: Entry, top: float, tones: n.Tones) -> tuple[list[str], float]:
    """A field: its label, its value below, both wrapped; and where it ends."""
    y, parts = top + n.BACK_FIRST_BASELINE, list[str]()
    labels = wrapped(entry.label, n.BACK_LABEL, touch=False) if one_line(entry.label) else []
    values = wrapped(entry.value, n.BACK_VALUE, touch=True, whole=entry.touchable) if one_line(entry.value) else []
    for line in labels:
        parts.append(_spans(line, y, n.BACK_LABEL, tones.label, tones))
        y += n.BACK_LABEL_LINE
    if labels:
        y += n.BACK_LABEL_TO_VALUE - n.BACK_LABEL_LINE
    for line in values:
        parts.append(_spans(line, y, n.BACK_VALUE, tones.ink, tones))
        y += n.BACK_LINE
    last = y - (n.BACK_LINE if values else n.BACK_LABEL_TO_VALUE)
    return parts, last + n.BACK_AFTER_VALUE


def wrapped(full: str, face: n.Face, *, touch: bool, whole: bool = False) -> list[list[Span]]:
    """A text in lines no wider than a group. Its own line breaks are kept."""
    lines = list[list[Span]]()
    for paragraph in re.split(r"\r\n|[\r\n\u2028\u2029\x85]", full):
        tidy = one_line(paragraph)
        spans = [Span(tidy, whole)] if whole or not touch else list(touchables(tidy))
        lines += _filled(spans, face)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def touchables(line: str) -> Iterator[Span]:
    """A line parted into plain stretches and those a phone makes touchable."""
    end = 0
    for anchor in ANCHOR.finditer(line):
        yield from _detected(line[end : anchor.start()])
        yield Span(anchor[1], True)
        end = anchor.end()
    yield from _detected(line[end:])


def _detected(plain: str) -> Iterator[Span]:
    end = 0
    for match in TOUCHED.finditer(plain):
        found = match[0] if match["mail"] or match["phone"] else match[0].rstrip(SENTENCE_END)
        if match["phone"] and sum(character.isdigit() for character in found) < FEWEST_DIGITS:
            continue
        yield Span(plain[end : match.start()])
        yield Span(found, True)
        end = match.start() + len(found)
    yield Span(plain[end:])


def _filled(spans: Iterable[Span], face: n.Face) -> list[list[Span]]:
    """Lines filled with words; a word that is wider than a line is parted."""
    lines, room = [list[Span]()], WIDTH
    for piece in _pieces(spans, face):
        width = measure(piece.text, face.size, face.weight)
        if width > room and lines[-1]:
            lines.append([])
            room = WIDTH
        if piece.text == " " and not lines[-1]:
            continue
        lines[-1].append(piece)
        room -= width
    return [_merged(line) for line in lines]


def _pieces(spans: Iterable[Span], face: n.Face) -> Iterator[Span]:
    """Words and spaces. Between wide characters (Chinese, Japanese, Korean) a line may break anywhere."""
    for span in spans:
        for word in PIECES.findall(span.text):
            if WIDE.search(word) or measure(word, face.size, face.weight) > WIDTH:
                yield from (Span(cluster, span.touchable) for cluster in clusters(word))
            else:
                yield Span(word, span.touchable)


def _merged(line: list[Span]) -> list[Span]:
    """Neighbours of one kind as one stretch; no space at the end."""
    merged = list[Span]()
    for span in line:
        if merged and merged[-1].touchable is span.touchable:
            merged[-1] = Span(merged[-1].text + span.text, span.touchable)
        else:
            merged.append(span)
    if merged:
        merged[-1] = Span(merged[-1].text.rstrip(" "), merged[-1].touchable)
    return [span for span in merged if span.text]


def _spans(spans: list[Span], y: float, face: n.Face, ink: str, tones: n.Tones) -> str:
    """A line of the back. A line that reads from right to left hangs at the right."""
    whole = "".join(span.text for span in spans)
    if not whole:
        return ""
    right = reads_right_to_left(whole)
    line = Line(
        x=n.WIDTH - LEFT if right else LEFT, y=y, text=whole, size=face.size, weight=face.weight, fill=ink,
        align="right" if right else "left",
    )  # fmt: skip
    if not any(span.touchable for span in spans):
        return text(line)
    inside = "".join(
        f'<tspan fill="{tones.link}">{words(span.text)}</tspan>' if span.touchable else words(span.text)
        for span in spans
    )
    return text_of(line, isolated(inside) if RIGHT_TO_LEFT.search(legal(whole)) else inside)


def _rule(y: float, tones: n.Tones) -> str:
    right = number(n.WIDTH - n.SIDE)
    return f'<path d="M{number(LEFT)} {number(y)}H{right}" stroke="{tones.rule}" stroke-width=".5"/>'


def _text(words: str, x: float, y: float, face: n.Face, fill: str, align: str = "left") -> str:
    return text(Line(x=x, y=y, text=words, size=face.size, weight=face.weight, fill=fill, align=align))
