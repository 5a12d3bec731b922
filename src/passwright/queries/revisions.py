"""What campaigns said at which epoch. Revisions never change, so those that were read are kept for the next time."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec
from django.db import connection
from msgspec import Struct

from passwright.caching import BoundedCache
from passwright.passes.content import Revision

Place = tuple[UUID, int]
"""A campaign and an epoch: the newest revision made at or before it is meant."""

MEMORY_PER_JSON_BYTE = 8
"""At most: a character takes up to 4 bytes, and a field that says nothing 7 times its JSON (measured)."""


class ReadRevision(Struct, frozen=True):
    """``size``: bytes of memory."""

    revision: Revision
    size: int


kept: BoundedCache[Place, ReadRevision] = BoundedCache(
    most_entries=1_000, most_bytes=64 * 1024 * 1024, size_of=lambda read: read.size
)

SELECT = """
SELECT wanted.campaign_id, wanted.epoch, revision.content
FROM unnest(%s::uuid[], %s::bigint[]) AS wanted (campaign_id, epoch)
CROSS JOIN LATERAL (
    SELECT content FROM campaign_revision
    WHERE campaign_id = wanted.campaign_id AND epoch <= wanted.epoch ORDER BY epoch DESC LIMIT 1
) AS revision
"""


class MissingRevision(LookupError):
    """A campaign has no revision made at or before an epoch that it has reached."""


def revision_at(campaign_id: UUID, epoch: int) -> Revision:
    """The newest revision of the campaign made at or before ``epoch``, which the campaign has reached.

    Raises:
        MissingRevision: if the campaign does not exist (any more).
    """
    place = (campaign_id, epoch)
    return revisions_at([place])[place]


def revisions_at(places: Collection[Place]) -> dict[Place, Revision]:
    """The same for many at once, in one statement at most.

    Raises:
        MissingRevision: if one of them does not exist.
    """
    found = {place: known.revision for place in places if (known := kept.recall(place))}
    missing = [place for place in dict.fromkeys(places) if place not in found]
    if missing:
        read = read_revisions(missing)
        keep(read)
        found |= {place: new.revision for place, new in read.items()}
    if unknown := next((place for place in missing if place not in found), None):
        raise MissingRevision(f"campaign {unknown[0]}, epoch {unknown[1]}")
    return found


def read_revisions(places: Collection[Place]) -> dict[Place, ReadRevision]:
    with connection.cursor() as cursor:
        cursor.execute(SELECT, [[campaign_id for campaign_id, _ in places], [epoch for _, epoch in places]])
        return {
            (campaign_id, epoch): ReadRevision(
                msgspec.json.decode(content, type=Revision), MEMORY_PER_JSON_BYTE * len(content.encode())
            )
            for campaign_id, epoch, content in cursor.fetchall()
        }


def keep(revisions: dict[Place, ReadRevision]) -> None:
    """What was read within a transaction may be that transaction's own and undone with it: it is not kept."""
    if connection.in_atomic_block:
        return
    for place, read in revisions.items():
        kept.keep(place, read)
