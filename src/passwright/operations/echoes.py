"""Texts that are filled in, sent back as they were read: they stay the campaign's."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from passwright.data.models import Campaign, Pass
from passwright.operations.pass_content import PassWanted
from passwright.passes.changes import SentField
from passwright.passes.content import Content, Revision
from passwright.passes.lay import laid_fields, reset_epoch
from passwright.passes.substitution import plan_of
from passwright.queries.campaigns import marks_of
from passwright.queries.passes import overrides_of


def without_echoes(
    wanted: PassWanted, *, campaign: Campaign, row: Pass, revision: Revision, shown: Content
) -> PassWanted:
    """The same without what the pass says already because its campaign does, with a field of the pass put in.

    Who reads a pass, changes one value and sends all of it back would else have the other texts stay behind.
    """
    plan = plan_of(revision)
    if plan is None or not plan.fields or not wanted.merge:
        return wanted
    marks = marks_of(campaign)
    written = laid_fields(revision, overrides_of(row), marks.merge, reset_epoch(row.epoch, marks))
    filled = {field.key: field for field in shown.fields}
    values: dict[str, str | None] = {}
    labels: dict[str, str | None] = {}
    for field in written:
        text = plan.fields.get(field.key)
        if text is None:
            continue
        if field.value is text.value and field.value != filled[field.key].value:
            values[field.key] = filled[field.key].value
        if field.label is text.label and field.label != filled[field.key].label:
            labels[field.key] = filled[field.key].label

    def said(sent: SentField) -> SentField:
        value: str | UnsetType | None = sent.value
        label: str | UnsetType | None = sent.label
        value = UNSET if value is not UNSET and sent.key in values and value == values[sent.key] else value
        label = UNSET if label is not UNSET and sent.key in labels and label == labels[sent.key] else label
        return sent if value is sent.value and label is sent.label else replace(sent, value=value, label=label)

    of_map: dict[str, Any] | UnsetType = wanted.values
    if of_map is not UNSET:
        of_map = {key: value for key, value in of_map.items() if key not in values or value != values[key]}
    return replace(wanted, fields=tuple(said(sent) for sent in wanted.fields), values=of_map)
