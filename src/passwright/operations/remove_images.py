from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import connection, transaction

from passwright import storage
from passwright.data.models import Asset
from passwright.queries.assets import digests_in_use
from passwright.queue import defer


def remove_images(*, digests: Sequence[str]) -> None:
    """Forget the pictures that nothing shows any more: no asset, no revision of a campaign and no pass.

    Safe to run twice and beside an upload of the same picture, which takes the same lock.
    """
    with transaction.atomic():
        for digest in sorted(set(digests)):
            lock_picture(digest)
        for digest in set(digests) - digests_in_use(digests):
            storage.remove(digest)


def remove_if_last(digests: Collection[str]) -> None:
    """Called when rows that show these pictures go: those that no asset names are looked at by a job.

    Most still belong to an asset, and cost one look-up here.
    """
    orphans = set(digests) - set(Asset.objects.filter(digest__in=digests).values_list("digest", flat=True))
    if orphans:
        defer("remove_images", digests=sorted(orphans))


def lock_picture(digest: str) -> None:
    """Be the only one to store or to remove this picture until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])
