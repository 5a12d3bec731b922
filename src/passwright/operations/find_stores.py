from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from passwright.data.models import Campaign, Event, Pass
from passwright.operations.announce import announce_pass
from passwright.operations.nearest_stores import with_stores
from passwright.operations.record_event import append
from passwright.operations.retrying import retried
from passwright.operations.tell_webhooks import tell_webhooks
from passwright.passes.changes import content_changes, visible_changes
from passwright.passes.content import Overrides
from passwright.passes.webhooks import WebhookEvent
from passwright.queries.passes import content_of, overrides_of, shown_revisions

CHUNK = 500


def find_stores(*, campaign_id: UUID, now: datetime) -> None:
    """Find the nearest stores again for each pass that gave a point, when the campaign's list was replaced.

    500 passes a transaction. Where others are near now, the pass has a new version and its devices are told; all other
    passes stay as they are. Safe beside itself and after a kill; a campaign that is gone is left alone.
    """
    after: datetime | None = datetime.min.replace(tzinfo=UTC)
    while after:
        after = find_some(campaign_id, after, now)


@retried
@transaction.atomic
def find_some(campaign_id: UUID, after: datetime, now: datetime) -> datetime | None:
    """Up to 500 passes made after ``after``: when the last of them was made, at a time of its own (`issue_pass`); None
    if there were none."""
    own = Pass.objects.filter(campaign_id=campaign_id, created_at__gt=after, overrides__has_key="fields")
    rows = list(own.select_for_update().order_by("created_at")[:CHUNK])
    # Read after the passes were locked: who changes one of them later reads what is read here, or newer.
    campaign = Campaign.objects.filter(id=campaign_id, deleted_at=None).first()
    if campaign is None or not rows:
        return None
    for row, revision in zip(rows, shown_revisions(campaign, rows), strict=True):
        before = overrides_of(row)
        found = with_stores(before, revision, campaign)
        if found is not before:
            keep(campaign, row, found, now)
    return rows[-1].created_at


def keep(campaign: Campaign, row: Pass, found: Overrides, now: datetime) -> None:
    """One version and one push, if a phone would know anything new."""
    before = content_of(campaign, row)
    row.overrides = msgspec.to_builtins(found)
    after = content_of(campaign, row)
    if visible_changes(before, after):
        row.version += 1
        row.updated_at = now
        changed = {"changed": [change.path for change in content_changes(before, after)]}
        append(kind=Event.Kind.UPDATED, campaign_id=campaign.id, pass_id=row.id, extra=changed, at=now)
        announce_pass(campaign_id=campaign.id, pass_id=row.id, kind=Event.Kind.UPDATED, at=now)
        tell_webhooks(event=WebhookEvent.UPDATED, pass_id=row.id, at=now, extra=changed)
    row.save(update_fields=["overrides", "version", "updated_at"])
