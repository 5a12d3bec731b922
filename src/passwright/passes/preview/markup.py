"""SVG from values. Every text and attribute passes through here, so that nothing of it can become markup."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from xml.sax.saxutils import escape

from msgspec import Struct

from passwright.passes.preview.measuring import isolated, legal
from passwright.passes.preview.numbers import SCREEN_FACES

OWN = "\x00"
"""Stands before the name of every id until the drawing is whole. No text of a pass can contain it."""

ANCHORS = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}


class Line(Struct, frozen=True, kw_only=True):
    """A text at its place. ``x`` is its left end, middle or right end, as ``align`` says."""

    x: float
    y: float
    text: str
    size: float
    weight: int
    fill: str
    align: str = "left"
    spacing: float = 0.0
    strength: float = 1.0


def number(value: float) -> str:
    """Up to two decimals, without trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def quoted(text: str) -> str:
    """A text as the inside of an attribute in double quotes."""
    return escape(legal(text), {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def words(text: str) -> str:
    """A text as the inside of an element."""
    return escape(legal(text))


def text(line: Line) -> str:
    """A line as an element; nothing for an empty one."""
    return text_of(line, words(isolated(line.text))) if line.text else ""


def text_of(line: Line, inside: str) -> str:
    """An element with the line's place and face around ready markup."""
    spacing = f' letter-spacing="{number(line.spacing)}"' if line.spacing else ""
    strength = f' opacity="{number(line.strength)}"' if line.strength < 1 else ""
    return (
        f'<text x="{number(line.x)}" y="{number(line.y)}" font-size="{number(line.size)}" font-weight="{line.weight}"'
        f' fill="{line.fill}"{ANCHORS[line.align]}{spacing}{strength}>{inside}</text>'
    )


def rectangle(
    x: float, y: float, width: float, height: float, fill: str, radius: float = 0, strength: float = 1
) -> str:
    rounded = f' rx="{number(radius)}"' if radius else ""
    opacity = f' opacity="{number(strength)}"' if strength < 1 else ""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {place}{rounded} fill="{fill}"{opacity}/>'


def document(width: float, height: float, *, title: str, name: str, description: str, parts: Iterable[str]) -> str:
    """A whole drawing with its accessible name. Its ids are made from its own content: the same drawing twice on
    a page means the same things, different drawings never share one."""
    w, h = number(width), number(height)
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img"'
        f' aria-label="{quoted(name)}" font-family="{SCREEN_FACES}">'
        f"<title>{words(title)}</title><desc>{words(description)}</desc>{''.join(parts)}</svg>"
    )
    return body.replace(OWN, f"p{blake2b(body.encode(), digest_size=6).hexdigest()}-")
