from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from passwright import storage
from passwright.operations.remove_images import remove_images
from passwright.queries.assets import digests_in_use

BATCH = 500
"""Pictures looked up, and locked if they have to go, at once."""
LEFT_ALONE = timedelta(days=1)


def sweep_pictures(*, now: datetime) -> None:
    """Forget the pictures that no row ever came to name: an upload stores its bytes before it commits its row.

    Those younger than a day are left alone. Safe to run twice, and beside uploads and removals of the same pictures.
    """
    storage.remove_torn(now - LEFT_ALONE)
    old = storage.older_than(now - LEFT_ALONE)
    while batch := list(islice(old, BATCH)):
        if unnamed := set(batch) - digests_in_use(batch):
            remove_images(digests=sorted(unnamed))
