"""How much a campaign and a pass can say. Every list, every phone's download and every cache pays for it.

The longest pass that we know of has some forty fields and 10 KiB of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from passwright.operations.refusals import Faults
from passwright.passes.content import Field, FieldOverride, Overrides, Position, Revision

MOST_FIELDS = 5_000
"""Of a campaign, and of those that a pass fills or brings: in all lists together. As many as there is room for in the
bytes below; the number keeps a list of nothing but braces from taking long."""
MOST_REVISION_BYTES = 512 * 1024
"""Of a campaign's texts, places and codes, as JSON."""
MOST_OVERRIDES_BYTES = 128 * 1024
"""Of what one pass says for itself, as JSON."""


def check_number(fields: Sequence[Field] | Sequence[FieldOverride], faults: Faults, *, whose: str) -> None:
    """The longest list is the one that is named. ``whose``: ``campaign`` or ``pass``."""
    if len(fields) > MOST_FIELDS:
        longest = max(Position, key=lambda position: sum(field.position is position for field in fields))
        faults.add(f"{longest}_fields", f"is too long: a {whose} can have {MOST_FIELDS} fields in all its lists")


def check_revision_size(revision: Revision) -> None:
    """Raises: ValidationFailed: naming the part that takes most of the room."""
    check_size(revision, revision.fields, MOST_REVISION_BYTES, whose="campaign")


def check_overrides_size(overrides: Overrides) -> None:
    """A message that was pushed is not the client's to shorten: it does not count.

    Raises:
        ValidationFailed: naming the part that takes most of the room.
    """
    said = structs.replace(overrides, message=None)
    check_size(said, said.fields, MOST_OVERRIDES_BYTES, whose="pass")


def check_size(
    content: Revision | Overrides, fields: Sequence[Field] | Sequence[FieldOverride], most: int, *, whose: str
) -> None:
    size = len(msgspec.json.encode(content))
    if size <= most:
        return
    parts: dict[str, Any] = {f"{position}_fields": [] for position in Position}
    for field in fields:
        parts[f"{field.position}_fields"].append(field)
    parts |= {name: getattr(content, name) for name in content.__struct_fields__ if name != "fields"}
    largest = max(parts, key=lambda name: len(msgspec.json.encode(parts[name])))
    faults = Faults()
    faults.add(
        largest, f"is too large: all that a {whose} says can have {most // 1024} KiB and would have {-(-size // 1024)}"
    )
    faults.check()
