from __future__ import annotations

from collections.abc import Sequence

import click


def show_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as what stands in them."""
    lines = [titles, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())


def printable(text: str) -> str:
    """What others wrote, such as a name, without what would steer the terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
