"""The box in which a terminal shows a lock screen, wide and narrow, with colours and without."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from passwright.interfaces.cli.lock_screen import show_lock_screen
from passwright.phone.moments import Banner

LONG = "The sale begins tomorrow at nine, and all trains are half price until noon. 東京のおもちゃ too."
AT = datetime(2026, 11, 26, 10, 41, tzinfo=UTC)


def shown(text: str, width: int, *, title: str = "Toy Town", colours: bool = False) -> list[str]:
    console = Console(
        width=width, soft_wrap=True, force_terminal=colours, color_system="truecolor" if colours else None
    )
    with console.capture() as capture:
        show_lock_screen(Banner(at=AT, title=title, text=text, serial_number="1"), console)
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [80, 48, 40, 24])
def test_a_long_message_is_wrapped_and_none_of_it_lost(width: int) -> None:
    lines = shown(LONG, width)
    assert {cell_len(line) for line in lines} == {min(width, 48)}
    text = "".join(line.strip(" │") for line in lines)
    assert LONG.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("width", [80, 24])
def test_a_long_name_has_one_line_and_stands_off_from_the_time(width: int) -> None:
    lines = shown("Hello", width, title="The Very Long Name of a Town of Toys and its Surroundings")
    assert len(lines) == len(shown("Hello", width))
    assert lines[3].endswith("…  now  │")


def test_it_is_readable_on_a_light_terminal_too() -> None:
    """Whose own letters are black, as the box is."""
    assert all("\x1b[1;37;40m" in line or "\x1b[37;40m" in line for line in shown("Hello", 80, colours=True))
