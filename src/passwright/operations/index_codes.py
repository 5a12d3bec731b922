from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Pass
from passwright.operations.pass_content import barcode_digest
from passwright.operations.retrying import retried
from passwright.passes.content import Revision
from passwright.queries.passes import overrides_of, shown_revisions

CHUNK = 500


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
    """Up to 500 passes made after ``after``: when the last of them was made; None if there were none."""
    own = Pass.objects.filter(campaign_id=campaign_id, created_at__gt=after, overrides__isnull=False)
    rows = list(own.select_for_update(no_key=True).order_by("created_at")[:CHUNK])
    # Read after the passes were locked: who changes one of them later reads what is read here, or newer.
    campaign = Campaign.objects.filter(id=campaign_id, deleted_at=None).first()
    if campaign is None or not rows:
        return None
    changed = [row for row, revision in zip(rows, shown_revisions(campaign, rows), strict=True) if noted(row, revision)]
    Pass.objects.bulk_update(changed, ["barcode_digest"])
    return rows[-1].created_at


def noted(row: Pass, revision: Revision) -> bool:
    """Note the code on the row; whether that changes it."""
    before, row.barcode_digest = row.barcode_digest, barcode_digest(overrides_of(row), revision)
    return (before and bytes(before)) != row.barcode_digest
