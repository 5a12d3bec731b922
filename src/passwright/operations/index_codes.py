from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction

from passwright.data.models import Campaign, Pass
from passwright.operations.pass_content import barcode_digest
from passwright.operations.retrying import retried
from passwright.queries.passes import overrides_of, shown_revisions

CHUNK = 500

# One by one, or as `bulk_update` writes it, a pass takes five times as long.
NOTE = """
UPDATE pass SET barcode_digest = noted.digest FROM unnest(%s::uuid[], %s::bytea[]) AS noted (id, digest)
WHERE pass.id = noted.id AND pass.barcode_digest IS DISTINCT FROM noted.digest
"""


def index_codes(*, campaign_id: UUID) -> None:
    """Note again by which code a scanner finds each pass, when all passes began to take it from another field.

    500 passes a transaction. Safe beside itself and after a kill; a campaign that is gone is left alone.
    """
    after: datetime | None = datetime.min.replace(tzinfo=UTC)
    while after:
        after = index_some(campaign_id, after)


@retried
@transaction.atomic
def index_some(campaign_id: UUID, after: datetime) -> datetime | None:
    """Up to 500 passes made after ``after``: when the last of them was made, at a time of its own (`issue_pass`); None
    if there were none."""
    own = Pass.objects.filter(campaign_id=campaign_id, created_at__gt=after, overrides__isnull=False)
    rows = list(own.select_for_update(no_key=True).order_by("created_at")[:CHUNK])
    # Read after the passes were locked: who changes one of them later reads what is read here, or newer.
    campaign = Campaign.objects.filter(id=campaign_id, deleted_at=None).first()
    if campaign is None or not rows:
        return None
    revisions = shown_revisions(campaign, rows)
    digests = [barcode_digest(overrides_of(row), revision) for row, revision in zip(rows, revisions, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [[row.id for row in rows], digests])
    return rows[-1].created_at
