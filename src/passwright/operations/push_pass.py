from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import structs

from passwright.data.models import Campaign, Event, Pass
from passwright.operations.announce import announce_pass
from passwright.operations.campaign_marks import said
from passwright.operations.record_event import append
from passwright.operations.refusals import NotFound
from passwright.operations.retrying import retried
from passwright.operations.update_pass import locked_pass
from passwright.passes.content import MessageOverride
from passwright.passes.messages import pass_message
from passwright.queries.passes import content_of, overrides_of


@retried
@transaction.atomic
def push_pass(*, campaign: Campaign, pass_id: UUID, message: str = "", now: datetime) -> Pass:
    """Have one pass fetched again, with ``message`` on its lock screen until its campaign says something to all.

    Raises:
        NotFound: if the campaign has no such pass.
    """
    row = locked_pass(campaign, pass_id)
    # Read after the lock was given, as in `update_pass`: a message told now must not look older than the campaign's.
    current = Campaign.objects.filter(id=campaign.id, deleted_at=None).first()
    if current is None:
        raise NotFound("Campaign")
    row.campaign = current
    row.version += 1
    if message:
        tell(row, current, message)
    row.save(update_fields=["version", "overrides"])  # not updated_at: what the API shows of it is the same
    append(kind=Event.Kind.PUSHED, campaign_id=current.id, pass_id=row.id, extra=said(message), at=now)
    announce_pass(campaign_id=current.id, pass_id=row.id, kind=Event.Kind.PUSHED, at=now, message=message)
    return row


def tell(row: Pass, campaign: Campaign, message: str) -> None:
    text = pass_message(message, content_of(campaign, row).push_message)
    own = structs.replace(overrides_of(row), message=MessageOverride(at=campaign.epoch, text=text))
    row.overrides = msgspec.to_builtins(own)
