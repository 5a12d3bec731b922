"""Keep a picture that the holder of a pass gives with a form."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from passwright import storage
from passwright.apple.images import (
    DamagedImage,
    NormalizedImage,
    TooManyPixels,
    UnknownImageType,
    UnusableImage,
    normalized,
)
from passwright.data.models import Asset
from passwright.operations.field_pictures import slot_of
from passwright.operations.remove_images import lock_picture
from passwright.operations.upload_asset import MAX_BYTES as MAX_BYTES
from passwright.operations.upload_asset import decoding
from passwright.passes.answers import Fault
from passwright.passes.content import Field, ImageSlot

FAULTS: dict[type[UnusableImage], Fault] = {
    UnknownImageType: Fault("This file is no picture that can be used. Choose a JPEG, PNG or GIF."),
    TooManyPixels: Fault("The picture has too many pixels. Choose a smaller one."),
    DamagedImage: Fault("The picture is damaged or not complete. Choose another one."),
}
TOO_LARGE = Fault("The file is larger than {most} KB. Choose a smaller picture.", {"most": MAX_BYTES // 1024})


class UnusablePicture(Exception):
    """``fault``: what is wrong with the file, and what to do."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class HolderPicture(Struct, frozen=True, kw_only=True):
    """A file as it will be kept: a PNG made anew, and the SHA-256 of that."""

    slot: ImageSlot
    digest: str
    image: NormalizedImage


def readable_picture(field: Field, content: bytes) -> HolderPicture:
    """The picture for a field, from a file that anybody may have sent.

    Raises:
        UnusablePicture: if the file is too large or no picture that can be read.
    """
    if len(content) > MAX_BYTES:
        raise UnusablePicture(TOO_LARGE)
    try:
        with decoding:
            image = normalized(content)
    except UnusableImage as error:
        raise UnusablePicture(FAULTS.get(type(error), FAULTS[DamagedImage])) from None
    return HolderPicture(slot=slot_of(field), digest=hashlib.sha256(image.png).hexdigest(), image=image)


@transaction.atomic
def keep_holder_picture(*, organization_id: UUID, picture: HolderPicture, now: datetime) -> Asset:
    """Keep it for a pass that is written in the caller's transaction and says its id; with the last such pass it goes
    (`remove_holder_pictures`)."""
    lock_picture(picture.digest)
    storage.put(picture.image.png)
    return Asset.objects.create(
        organization_id=organization_id,
        asset_type=picture.slot.value,
        digest=picture.digest,
        width=picture.image.width,
        height=picture.image.height,
        of_holder=True,
        created_at=now,
    )
