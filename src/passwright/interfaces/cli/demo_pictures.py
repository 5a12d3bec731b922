"""The demo's pictures, drawn here so that nothing has to be shipped: a toy house and a child."""

from __future__ import annotations

from passwright.passes.preview import png

RED = "#c51f1f"

HOUSE = (
    '<path d="M4 46V24L25 6l21 18v22z" fill="{wall}"/>'
    '<rect x="19" y="30" width="12" height="16" rx="6" fill="{door}"/>'
    '<circle cx="25" cy="21" r="4" fill="{door}"/>'
)

CHILD = (
    '<rect width="90" height="90" fill="#ffd166"/><circle cx="76" cy="16" r="22" fill="#ffe3a1"/>'
    '<path d="M8 92c2-24 18-30 37-30s35 6 37 30z" fill="#2a6f97"/>'
    '<path d="M38 56h14v12a7 7 0 0 1-14 0z" fill="#e8a77c"/><ellipse cx="45" cy="41" rx="19" ry="21" fill="#f4bf97"/>'
    '<path d="M25 40c-2-20 10-27 21-27s22 8 19 27c-3-9-9-13-16-14-9 5-19 4-24 14z" fill="#5b3a21"/>'
    '<circle cx="38" cy="43" r="2.2" fill="#3a2415"/><circle cx="52" cy="43" r="2.2" fill="#3a2415"/>'
    '<path d="M38 51c4 5 10 5 14 0" stroke="#a3543a" stroke-width="2" fill="none" stroke-linecap="round"/>'
)


def drawing(width: int, height: int, content: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{content}</svg>"
    )


def icon() -> bytes:
    """A white house on red."""
    house = f'<g transform="translate(10.5 7) scale(1.5)">{HOUSE.format(wall="#fff", door=RED)}</g>'
    return png(drawing(96, 96, f'<rect width="96" height="96" fill="{RED}"/>{house}'), scale=4)


def logo() -> bytes:
    """The house alone, on nothing."""
    return png(drawing(50, 50, HOUSE.format(wall="#fff", door=RED)), scale=6)


def child() -> bytes:
    """Johnny Appleseed."""
    return png(drawing(90, 90, CHILD), scale=6)
