"""The pictures that a pass says in fields of type ``image``: a value is an asset's id, ``format`` names the slot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from passwright.operations.pictures import KnownAsset, chosen_pictures, known_assets
from passwright.operations.refusals import Faults
from passwright.passes.answers import Fault, rules_of
from passwright.passes.content import DataType, Field, FieldOverride, ImageOverride, ImageSlot, Overrides, Revision

SLOTS = {slot.value: slot for slot in ImageSlot}


def slot_of(field: Field) -> ImageSlot:
    """The thumbnail where nothing else is said."""
    return SLOTS.get((field.format or "").strip().lower(), ImageSlot.THUMBNAIL)


def field_pictures(
    before: Overrides,
    after: Overrides,
    revision: Revision,
    *,
    sent: Collection[ImageSlot],
    epoch: int,
    organization_id: UUID,
    assets: Mapping[UUID, KnownAsset] | None,
    wrong: dict[str, tuple[Fault, ...]],
) -> dict[ImageSlot, ImageOverride]:
    """The pass's own pictures with those of fields whose value is another one ``after`` than ``before``.

    ``sent``: slots of which the request says by itself what they show; it rules over fields. ``wrong``: what is wrong
    with values, by key; that a picture cannot be used is added.
    """
    if not rules_of(revision.fields).pictures:
        return after.images
    fields = [field for field in revision.fields if field.data_type is DataType.IMAGE and field.key not in wrong]
    old, new = values(before.fields), values(after.fields)
    images = dict(after.images)
    for field in fields:
        slot, value = slot_of(field), new.get(field.key)
        if value == old.get(field.key) or slot in sent:
            continue
        images.pop(slot, None)
        if value is None:
            continue
        found = Faults()
        chosen = chosen_pictures(organization_id, {slot: as_id(value)}, found, known=assets)
        if found.errors:
            wrong[field.key] = (fault_of(slot, as_id(value), organization_id, assets),)
        images |= {slot: ImageOverride(at=epoch, image=image) for slot, image in chosen.items()}
    return images


def fault_of(slot: ImageSlot, asset_id: UUID, organization_id: UUID, assets: Mapping[UUID, KnownAsset] | None) -> Fault:
    there = known_assets(organization_id, [asset_id]) if assets is None else assets
    if asset_id not in there:
        return Fault("There is no such picture. Upload one and send its id.")
    return Fault("This picture is of another kind. Upload it as {slot} and send its id.", {"slot": slot.value})


def values(fields: Iterable[FieldOverride]) -> dict[str, str]:
    """By key, what is said and not blank."""
    return {
        field.key: field.value.strip()
        for field in fields
        if field.value_at is not None and field.removed_at is None and field.value and field.value.strip()
    }


def as_id(text: str) -> UUID:
    """What is no id is that of no picture."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
