"""The pictures that a pass says in fields of type ``image``: a value is an asset's id, ``format`` names the slot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from passwright.operations.pictures import KnownAsset, chosen_pictures
from passwright.operations.refusals import Faults
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
    faults: Faults,
) -> dict[ImageSlot, ImageOverride]:
    """The pass's own pictures with those of fields whose value is another one ``after`` than ``before``.

    ``sent``: slots of which the request says by itself what they show; it rules over fields.
    """
    fields = [field for field in revision.fields if field.data_type is DataType.IMAGE]
    if not fields:
        return after.images
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
        for fault in (fault for each in found.errors.values() for fault in each):
            faults.add(f"{field.position}_fields.{field.key}", fault)
        images |= {slot: ImageOverride(at=epoch, image=image) for slot, image in chosen.items()}
    return images


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
