"""What campaigns said at which epoch. Revisions never change, so those that were read are kept for the next time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock
from uuid import UUID

import msgspec
from django.db import connection

from passwright.passes.content import Revision

KEPT_REVISIONS = 1_000

Place = tuple[UUID, int]
"""A campaign and an epoch: the newest revision made at or before it is meant."""

kept: OrderedDict[Place, Revision] = OrderedDict()
lock = Lock()

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
    found = {place: revision for place in places if (revision := recall(place))}
    missing = [place for place in dict.fromkeys(places) if place not in found]
    if missing:
        read = read_revisions(missing)
        found |= read
        keep(read)
    if unknown := next((place for place in missing if place not in found), None):
        raise MissingRevision(f"campaign {unknown[0]}, epoch {unknown[1]}")
    return found


def read_revisions(places: Collection[Place]) -> dict[Place, Revision]:
    with connection.cursor() as cursor:
        cursor.execute(SELECT, [[campaign_id for campaign_id, _ in places], [epoch for _, epoch in places]])
        return {
            (campaign_id, epoch): msgspec.json.decode(content, type=Revision)
            for campaign_id, epoch, content in cursor.fetchall()
        }


def recall(place: Place) -> Revision | None:
    with lock:
        revision = kept.get(place)
        if revision is not None:
            kept.move_to_end(place)
        return revision


def keep(revisions: dict[Place, Revision]) -> None:
    """What was read within a transaction may be that transaction's own and undone with it: it is not kept."""
    if connection.in_atomic_block:
        return
    with lock:
        kept.update(revisions)
        while len(kept) > KEPT_REVISIONS:
            kept.popitem(last=False)
