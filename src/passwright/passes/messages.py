"""Messages on lock screens. A wallet shows the text of a field that changed, so the same text twice must not be the
same: invisible characters at its end tell them apart.

What a campaign says ends with none or one of them, what one pass is told with two or three. So whatever a pass has
shown before, by whomever it was said, the next message is a change.
"""

from __future__ import annotations

INVISIBLE = "\u200b"
"""ZERO WIDTH SPACE: Wallet compares it and draws nothing."""


def campaign_message(text: str, previous: str) -> str:
    """What all passes of a campaign show after a push with ``text``, when it said ``previous`` before."""
    return next(said for said in endings(text, 0) if said != previous)


def pass_message(text: str, shown: str) -> str:
    """What a pass shows after a push with ``text`` to it alone, when it shows ``shown`` now."""
    return next(said for said in endings(text, 2) if said != shown)


def endings(text: str, fewest: int) -> tuple[str, str]:
    plain = text.rstrip(INVISIBLE)
    return plain + INVISIBLE * fewest, plain + INVISIBLE * (fewest + 1)
