"""What the holder of a pass said of himself, as he said it: before a wallet makes something of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from passwright.data.models import Campaign, Pass
from passwright.passes.content import Behaviour, DataType, Field
from passwright.passes.lay import laid_fields, reset_epoch
from passwright.queries.campaigns import marks_of
from passwright.queries.passes import overrides_of, shown_revision


def fields_of(campaign: Campaign, row: Pass) -> tuple[Field, ...]:
    """The fields that the pass shows, each with the value that holds for it now."""
    marks = marks_of(campaign)
    reset_at = reset_epoch(row.epoch, marks)
    return laid_fields(shown_revision(campaign, row), overrides_of(row), marks.merge, reset_at)


def answers_of(campaign: Campaign, row: Pass) -> dict[str, str]:
    """By key; of what is kept for each pass alone."""
    fields = fields_of(campaign, row)
    return {field.key: field.value or "" for field in fields if field.behaviour is Behaviour.DYNAMIC}


def seen(answers: Mapping[str, str]) -> str:
    """Which answers a page showed: a page that is sent back says so, and nobody undoes what he has not seen."""
    return hashlib.sha256(msgspec.json.encode(dict(answers), order="sorted")).hexdigest()[:32]


def mail_address_of(campaign: Campaign, row: Pass) -> str | None:
    """Where its holder is written to: what he said in the first field for e-mail addresses. None if he said nothing."""
    fields = fields_of(campaign, row)
    own = {override.key for override in overrides_of(row).fields if override.value}
    first = next((field for field in fields if is_for_address(field)), None)
    return (first.value or "").strip() or None if first and first.key in own else None


def is_for_address(field: Field) -> bool:
    return field.data_type is DataType.EMAIL and field.behaviour is Behaviour.DYNAMIC
