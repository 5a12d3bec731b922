"""How a terminal shows what a phone's lock screen shows."""

from __future__ import annotations

from rich import box
from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from passwright.phone.moments import Banner

WIDTH = 46


def show_lock_screen(banner: Banner, console: Console) -> None:
    """Wrapped to the box, which a narrow terminal makes narrower, also on a console that wraps nothing."""
    console.print(lock_screen(banner), soft_wrap=False)


def lock_screen(banner: Banner) -> RenderableType:
    """A clock, and under it the notification, at the time and in the zone of this machine."""
    head = Table.grid(expand=True, padding=(0, 2, 0, 0), pad_edge=False)
    head.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    head.add_column(justify="right")
    head.add_row(Text(banner.title, style="bold"), Text("now", style="dim"))
    clock = Align.center(Text(f"{banner.at.astimezone():%H:%M}", style="bold"))
    content = Group(clock, Text(), head, Text(banner.text))
    panel = Panel(content, box=box.ROUNDED, width=WIDTH, padding=(0, 2), style="white on black")
    return Padding(panel, (0, 0, 0, 2), expand=False)
