"""What a phone tells of what happens to it: its timeline, and what its lock screen shows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Happening(StrEnum):
    ADDED = "added"
    REFUSED = "refused"
    REGISTERED = "registered"
    PUSHED = "pushed"
    LISTED = "listed"
    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    BANNER = "banner"
    COMPLAINT = "complaint"
    """Something odd, as it was written to the web service's log."""
    FAILED = "failed"
    """The web service could not be reached or answered what it should not. It is tried again."""
    REMOVED = "removed"
    FORGOTTEN = "forgotten"
    """Removed without a word to the web service."""


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happened. ``serial_number`` is empty where it is not about one pass."""

    at: datetime
    what: Happening
    text: str
    serial_number: str = ""


class Banner(Struct, frozen=True, kw_only=True):
    """What stood on the lock screen."""

    at: datetime
    title: str
    text: str
    serial_number: str
