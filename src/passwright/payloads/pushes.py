"""What is asked for with a push or a merge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from passwright.passes.messages import INVISIBLE
from passwright.payloads.passes import flag
from passwright.payloads.values import Sent, given

MOST_MESSAGE = 2_000
"""Characters; a lock screen shows some two hundred of them."""


class PushWanted(Struct, frozen=True, kw_only=True):
    """``message``: empty if there is none. ``reset``: whether older passes go back to what their campaign says."""

    message: str
    reset: bool


def read_push(attributes: Mapping[str, Any], *, beside: Mapping[str, Any]) -> PushWanted:
    """``push_message`` and ``reset``, inside or beside the root.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    sent = Sent({**beside, **attributes})
    wanted = PushWanted(message=read_message(sent, "push_message"), reset=flag(sent, {}, "reset"))
    sent.check()
    return wanted


def read_message(sent: Sent, name: str) -> str:
    """Words for lock screens; one that shows nothing is none."""
    text = given(sent.text(name, most=MOST_MESSAGE), "").strip()
    return text if text.replace(INVISIBLE, "").strip() else ""
