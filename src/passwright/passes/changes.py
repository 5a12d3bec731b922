"""Changes: what a request says laid into what is kept, and what of it anybody will see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from passwright.passes.content import (
    Behaviour,
    Content,
    DataType,
    Field,
    FieldOverride,
    ImageSlot,
    Overrides,
    Position,
    Revision,
)
from passwright.passes.lay import READING_ORDER
from passwright.passes.words import NOT_TEXT


class DuplicateKey(ValueError):
    """A key is unique over all field lists of a campaign and of a pass."""

    def __init__(self, key: str, first: Position, second: Position) -> None:
        self.key, self.lists = key, (first, second)
        where = f"twice in {first}_fields" if first is second else f"in {first}_fields and in {second}_fields"
        super().__init__(f"has the key {key} {where}; a key is unique over all lists")


class SentField(Struct, frozen=True, kw_only=True):
    """What a request says about one field of one list. What it does not mention is ``UNSET``."""

    key: str
    position: Position
    value: str | UnsetType | None = UNSET
    label: str | UnsetType | None = UNSET
    behaviour: Behaviour | UnsetType = UNSET
    data_type: DataType | UnsetType = UNSET
    format: str | UnsetType | None = UNSET
    required: bool | UnsetType | None = UNSET
    admin_only: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    generated: bool | UnsetType = UNSET
    distinct: bool | UnsetType = UNSET
    use_as_barcode: bool | UnsetType = UNSET
    change_message: str | UnsetType | None = UNSET
    text_alignment: str | UnsetType | None = UNSET
    choices: tuple[str, ...] | UnsetType = UNSET
    help: str | UnsetType | None = UNSET
    destroy: bool = False
    """``_destroy``: the field is to go."""


class Change(Struct, frozen=True):
    """One place at which two contents differ, such as ``auxiliary_fields.favorite.value``."""

    path: str
    before: Any
    after: Any


def merge_campaign_fields(
    current: Sequence[Field], sent: Sequence[SentField], *, epoch: int = 0, merge: int = 0
) -> tuple[Field, ...]:
    """A campaign's fields after an update that becomes ``epoch``, when the last merge was ``merge``.

    Fields are found by key; only sent attributes change; unknown keys are appended to the list named.

    Raises:
        DuplicateKey: if a key is sent for another list than the one it stands in, or twice.
    """
    refuse_duplicates(current, sent)
    fields = {field.key: field for field in current}
    for item in sent:
        if item.destroy:
            fields.pop(item.key, None)
        else:
            fields[item.key] = merged_field(fields.get(item.key), item, epoch=epoch, merge=merge)
    return tuple(sorted(fields.values(), key=lambda field: READING_ORDER[field.position]))


def merged_field(field: Field | None, sent: SentField, *, epoch: int, merge: int) -> Field:
    before = field or Field(key=sent.key, position=sent.position, fixed_since=epoch)
    after = structs.replace(before, **sent_attributes(sent))
    if field is not None and field.required is None and sent.required is True:
        after = structs.replace(after, required=None)  # what is printed of it, sent back
    return with_history(before, after, epoch=epoch, merge=merge)


def with_history(before: Field, after: Field, *, epoch: int, merge: int) -> Field:
    """Remember what a merge did to the passes' values while a field was fixed: a later one cannot tell any more."""
    if before.behaviour is after.behaviour:
        return after
    if after.behaviour is Behaviour.FIXED:
        return structs.replace(after, fixed_since=epoch)
    overwritten_at = merge if merge > before.fixed_since else before.overwritten_at
    return structs.replace(after, fixed_since=0, overwritten_at=overwritten_at)


def sent_attributes(sent: SentField) -> dict[str, Any]:
    return {
        name: value
        for name, value in structs.asdict(sent).items()
        if value is not UNSET and name not in {"key", "position", "destroy"}
    }


def refuse_duplicates(current: Iterable[Field], sent: Iterable[SentField]) -> None:
    """Raises: DuplicateKey: if a key is sent twice, or for another list than the one it stands in."""
    standing = {field.key: field.position for field in current}
    seen: dict[str, Position] = {}
    for item in sent:
        if item.key in seen:
            raise DuplicateKey(item.key, seen[item.key], item.position)
        if standing.get(item.key, item.position) is not item.position:
            raise DuplicateKey(item.key, standing[item.key], item.position)
        seen[item.key] = item.position


def override_fields(
    overrides: Overrides,
    revision: Revision,
    sent: Sequence[SentField],
    *,
    epoch: int,
    replace: bool = False,
    lists: Collection[Position] = (),
) -> Overrides:
    """The overrides of a pass that shows ``revision``, after a request written at ``epoch``.

    Without ``replace``, only what is sent changes. With it (``merge: false``) each of ``lists`` becomes what is
    sent: a field of the campaign that is not is removed, and one of the pass alone is forgotten.

    Raises:
        DuplicateKey: if a key is sent twice, or for another list than the campaign's.
    """
    refuse_duplicates(revision.fields, sent)
    campaign = {field.key: field for field in revision.fields}
    written = {override.key: override for override in overrides.fields}
    if replace:
        written = emptied_lists(written, revision, lists, epoch)
    for item in sent:
        laid = laid_override(written.get(item.key), item, of_campaign=item.key in campaign, epoch=epoch, whole=replace)
        if laid is None:
            written.pop(item.key, None)
        else:
            written[item.key] = laid
    return structs.replace(overrides, fields=tuple(written.values()))


def emptied_lists(
    written: dict[str, FieldOverride], revision: Revision, lists: Collection[Position], epoch: int
) -> dict[str, FieldOverride]:
    """Every field of ``lists`` gone: the campaign's are removed, the pass's own forgotten."""
    campaign = {field.key: field.position for field in revision.fields}
    kept = {
        key: override
        for key, override in written.items()
        if override.position not in lists or (key in campaign and campaign[key] not in lists)
    }
    removed = {
        key: removed_override(written.get(key), key, position, epoch)
        for key, position in campaign.items()
        if position in lists
    }
    return kept | removed


def removed_override(kept: FieldOverride | None, key: str, position: Position, epoch: int) -> FieldOverride:
    """What the pass said about the field is gone with it: a merge brings back the campaign's."""
    return FieldOverride(key=key, position=position, behaviour=kept.behaviour if kept else None, removed_at=epoch)


def laid_override(
    kept: FieldOverride | None, sent: SentField, *, of_campaign: bool, epoch: int, whole: bool
) -> FieldOverride | None:
    """What the pass says about a field from now on; None if nothing. ``whole``: what is not sent is empty."""
    if sent.destroy:
        return removed_override(kept, sent.key, sent.position, epoch) if of_campaign else None
    new = not of_campaign and (kept is None or kept.behaviour is None)
    before = FieldOverride(key=sent.key, position=sent.position) if kept is None or new else kept
    parts: dict[str, Any] = {"position": sent.position, "removed_at": None}
    bare = new and sent.label is UNSET  # something has to say that the field is there
    if sent.value is not UNSET or bare or whole:
        parts |= {"value": None if sent.value is UNSET else sent.value, "value_at": epoch}
    if sent.label is not UNSET or whole:
        parts |= {"label": None if sent.label is UNSET else sent.label, "label_at": epoch}
    if not of_campaign:
        behaviour = before.behaviour or Behaviour.FIXED
        parts["behaviour"] = behaviour if sent.behaviour is UNSET else sent.behaviour
    return structs.replace(before, **parts)


def content_changes(before: Content, after: Content) -> tuple[Change, ...]:
    """Every difference, hidden fields included."""
    return (
        *field_changes(before.fields, after.fields),
        *image_changes(before, after),
        *attribute_changes("", before, after, CONTENT_ATTRIBUTES),
        *attribute_changes("", before.look, after.look, LOOK_ATTRIBUTES),
    )


def visible_changes(before: Content, after: Content) -> tuple[Change, ...]:
    """What a phone would show or know differently; empty if nothing."""
    return content_changes(drawn(before), drawn(after))


def drawn(content: Content) -> Content:
    """Without fields that are not written on the pass: pictures and places count where they show."""
    if not any(field.hidden or field.data_type in NOT_TEXT for field in content.fields):
        return content
    shown = tuple(field for field in content.fields if not field.hidden and field.data_type not in NOT_TEXT)
    return structs.replace(content, fields=shown)


FIELD_ATTRIBUTES = ("value", "label", "data_type", "format", "change_message", "text_alignment")
LOOK_ATTRIBUTES = ("logo_text", "background_color", "text_color", "label_color", "transit_type")
CONTENT_ATTRIBUTES = (
    "style",
    "organization_name",
    "description",
    "barcode",
    "barcodes",
    "locations",
    "beacons",
    "max_distance",
    "expiration_date",
    "relevant_date",
    "voided",
    "user_info",
    "associated_store_identifiers",
    "language",
    "edit_link",
    "push_message",
)


def attribute_changes(path: str, before: Struct, after: Struct, attributes: Iterable[str]) -> Iterator[Change]:
    for attribute in attributes:
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old != new:
            yield Change(path + attribute, old, new)


def field_changes(before: Sequence[Field], after: Sequence[Field]) -> Iterator[Change]:
    """Fields that came, went or changed, and lists whose order did."""
    old = {field.key: field for field in before}
    new = {field.key: field for field in after}
    for key, field in old.items():
        if key not in new or new[key].position is not field.position:
            yield Change(field_path(field), field, None)
    for key, field in new.items():
        if key not in old or old[key].position is not field.position:
            yield Change(field_path(field), None, field)
        elif field is not old[key]:
            yield from attribute_changes(f"{field_path(field)}.", old[key], field, FIELD_ATTRIBUTES)
    common_before = [key for key in old if key in new]
    common_after = [key for key in new if key in old]
    if common_before != common_after:
        yield Change("fields", common_before, common_after)


def field_path(field: Field) -> str:
    return f"{field.position}_fields.{field.key}"


def image_changes(before: Content, after: Content) -> Iterator[Change]:
    """By picture, not by asset: the same bytes uploaded twice look the same."""
    for slot in ImageSlot:
        old, new = before.look.images.get(slot), after.look.images.get(slot)
        if (old and old.digest) != (new and new.digest):
            yield Change(f"images.{slot}", old, new)
