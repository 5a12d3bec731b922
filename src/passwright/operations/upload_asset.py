from __future__ import annotations

import hashlib
import threading
from datetime import datetime

from django.db import transaction

from passwright import storage
from passwright.apple.images import NormalizedImage, UnusableImage, normalized
from passwright.data.models import Asset, Organization
from passwright.operations.refusals import ValidationFailed
from passwright.operations.remove_images import lock_picture
from passwright.operations.retrying import retried
from passwright.passes.content import ImageSlot

MAX_BYTES = 1024 * 1024
"""Of an upload: 1,024 KiB."""

decoding = threading.BoundedSemaphore(2)
"""A kilobyte can hold 24 million pixels: decoding takes up to 100 MB a copy, so a process does two at a time."""


class PictureTooLarge(ValidationFailed):
    """The upload is larger than `MAX_BYTES`."""

    def __init__(self) -> None:
        super().__init__({"file": [f"is too large (at most {MAX_BYTES // 1024} KiB)"]})


@retried
def upload_asset(*, organization: Organization, content: bytes, asset_type: ImageSlot, now: datetime) -> Asset:
    """Keep a picture for a slot, as PNG. Its dimensions are never a reason to refuse it.

    Raises:
        ValidationFailed: if it is larger than `MAX_BYTES` or not a picture that can be read.
    """
    picture = normalized_upload(content)
    digest = hashlib.sha256(picture.png).hexdigest()
    with transaction.atomic():
        lock_picture(digest)
        storage.put(picture.png)
        return Asset.objects.create(
            organization=organization,
            asset_type=asset_type.value,
            digest=digest,
            width=picture.width,
            height=picture.height,
            created_at=now,
        )


def normalized_upload(content: bytes) -> NormalizedImage:
    if len(content) > MAX_BYTES:
        raise PictureTooLarge
    try:
        with decoding:
            return normalized(content)
    except UnusableImage as error:
        raise ValidationFailed({"file": [f"cannot be used: {error}"]}) from None
