"""What phones would show if a pass said something else, before anybody is told: the rules of `apple.lock_screen`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from passwright.apple.lock_screen import Kind, lock_screen
from passwright.passes.changes import Change, visible_changes
from passwright.passes.content import Content
from passwright.wallets.apple import AppleIssuer, render

ISSUER = AppleIssuer(pass_type_identifier="pass.forecast", team_identifier="FORECAST")
"""No lock screen says who signed a pass."""


class Shows(StrEnum):
    """``text``: one sentence of the pass's own. ``generic``: the phone's, that the pass has changed. ``silent``: the
    pass is another one and nothing is said. ``unchanged``: there is nothing new to fetch."""

    TEXT = "text"
    GENERIC = "generic"
    SILENT = "silent"
    UNCHANGED = "unchanged"


OF_KIND = {Kind.MESSAGE: Shows.TEXT, Kind.GENERAL: Shows.GENERIC, Kind.SILENCE: Shows.SILENT}


class Forecast(Struct, frozen=True, kw_only=True):
    """``text``: what a lock screen says, empty where it says nothing. ``lines``: what each field that speaks would say
    alone. ``changes``: what of the pass a phone would show or know differently."""

    shows: Shows
    text: str = ""
    lines: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def foretell(before: Content, after: Content, *, at: datetime) -> Forecast:
    """What happens on a phone that holds ``before`` and fetches ``after``. ``at`` needs a zone."""
    changes = visible_changes(before, after)
    if not changes:
        return Forecast(shows=Shows.UNCHANGED)
    screen = lock_screen(render(before, ISSUER), render(after, ISSUER), at=at)
    return Forecast(shows=OF_KIND[screen.kind], text=screen.text, lines=screen.sentences, changes=changes)
