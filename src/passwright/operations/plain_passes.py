"""Passes as most of a million are: values and labels of their campaign's fields, and a few attributes beside.

What they say is written down without the steps that `pass_content.new_overrides` takes for every possible wish, and
comes out the same (`tests/payloads/test_pass_rows.py` compares the two).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from passwright.operations.sizes import MOST_FIELDS, MOST_OVERRIDES_BYTES
from passwright.passes.answers import has_rules
from passwright.passes.content import Behaviour, CodeType, FieldOverride, Overrides, Position, Revision
from passwright.passes.substitution import plan_of


class PlainField(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    key: str
    value: str | UnsetType | None = UNSET
    label: str | UnsetType | None = UNSET
    behaviour: Behaviour | UnsetType = UNSET


class PlainPass(Struct, frozen=True, kw_only=True, gc=False):
    """What a request says of such a pass, typed. Lists are in reading order; an absent one is ``UNSET``."""

    header: tuple[PlainField, ...] | UnsetType = UNSET
    primary: tuple[PlainField, ...] | UnsetType = UNSET
    secondary: tuple[PlainField, ...] | UnsetType = UNSET
    auxiliary: tuple[PlainField, ...] | UnsetType = UNSET
    back: tuple[PlainField, ...] | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    expiration_date: datetime | UnsetType = UNSET
    relevant_date: datetime | UnsetType = UNSET
    user_info: dict[str, Any] | UnsetType = UNSET
    voided: bool | UnsetType = UNSET

    def lists(self) -> Iterator[tuple[Position, tuple[PlainField, ...]]]:
        """Those that were sent."""
        if self.header is not UNSET:
            yield Position.HEADER, self.header
        if self.primary is not UNSET:
            yield Position.PRIMARY, self.primary
        if self.secondary is not UNSET:
            yield Position.SECONDARY, self.secondary
        if self.auxiliary is not UNSET:
            yield Position.AUXILIARY, self.auxiliary
        if self.back is not UNSET:
            yield Position.BACK, self.back


class PlainOverrides:
    """Writes what plain passes that show ``revision`` say, at ``epoch``."""

    def __init__(self, revision: Revision, epoch: int) -> None:
        self.epoch = epoch
        self.positions = {field.key: field.position for field in revision.fields}
        self.possible = (
            revision.code_type is not CodeType.PER_PASS
            and not any(field.use_as_barcode for field in revision.fields)
            and not has_rules(revision.fields)
        )
        self.encoder = msgspec.json.Encoder()
        plan = plan_of(revision)
        if plan is not None and (plan.scanned or plan.places):
            self.possible = False

    def of(self, plain: PlainPass) -> bytes | UnsetType | None:
        """The overrides as JSON, None when there are none; ``UNSET`` when they are to be found the long way, be it
        because something is wrong."""
        epoch, positions = self.epoch, self.positions
        written: dict[str, FieldOverride] = {}
        number = 0
        for position, fields in plain.lists():
            number += len(fields)
            for sent in fields:
                if positions.get(sent.key) is not position:
                    return UNSET
                written[sent.key] = written_field(sent, position, epoch)
        if len(written) != number or number > MOST_FIELDS or not self.possible:
            return UNSET
        if not written:
            return None
        encoded = self.encoder.encode(Overrides(fields=tuple(written.values())))
        return encoded if len(encoded) <= MOST_OVERRIDES_BYTES else UNSET


def written_field(sent: PlainField, position: Position, epoch: int) -> FieldOverride:
    if sent.label is UNSET and sent.value is not UNSET:
        return FieldOverride(key=sent.key, position=position, value=sent.value, value_at=epoch)
    return FieldOverride(
        key=sent.key,
        position=position,
        value=None if sent.value is UNSET else sent.value,
        value_at=None if sent.value is UNSET else epoch,
        label=None if sent.label is UNSET else sent.label,
        label_at=None if sent.label is UNSET else epoch,
    )
