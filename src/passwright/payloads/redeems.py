"""A redeem as a request describes it."""

from __future__ import annotations

from msgspec import Struct

from passwright.payloads.values import Sent, given

MAX_COMMENT = 2_000


class SentRedeem(Struct, frozen=True):
    """``code`` is empty where the pass is known without it."""

    code: str
    comment: str | None


def read_redeem(sent: Sent, *, by_code: bool) -> SentRedeem:
    """What is to be redeemed, and a remark that is kept as it was given.

    Raises:
        ValidationFailed: naming what is missing or cannot be read.
    """
    if by_code:
        sent.require("redeem_code")
    code = given(sent.text("redeem_code"), "") if by_code else ""
    comment = given(sent.text("comment", most=MAX_COMMENT), None)
    sent.check()
    return SentRedeem(code, comment)
