from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Event, Organization
from passwright.operations.announce import Pushed, announce_campaign
from passwright.operations.campaign_marks import (
    MARKED,
    index_codes_if_due,
    said,
    set_marks,
    set_message,
)
from passwright.operations.record_event import append
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import locked
from passwright.passes import lay
from passwright.passes.content import Marks, Style
from passwright.queries.campaigns import marks_of, newest_revision_epoch
from passwright.queries.passes import oldest_epoch


@retried
@transaction.atomic
def push_campaign(
    *,
    organization: Organization,
    style: Style,
    campaign_id: UUID,
    message: str = "",
    reset: bool = True,
    now: datetime,
) -> Pushed:
    """Have every pass of the campaign fetched again, with ``message`` on its lock screen.

    With ``reset``, passes older than what the campaign says now say it too, without anything personal; `undo_reset`
    brings that back. Coupons are never reset. A campaign without passes stays as it is.

    Raises:
        NotFound: if the organization has no such campaign.
    """
    campaign = locked(organization, style, campaign_id)
    if not campaign.pass_count:
        return Pushed(campaign, None)
    before = marks_of(campaign)
    after = with_reset(before, campaign, now) if reset and style is not Style.COUPON else before
    campaign.version += 1
    if after != before or message:
        campaign.epoch += 1
    set_marks(campaign, after)
    set_message(campaign, message)
    if after != before:
        index_codes_if_due(campaign, since=lay.least_shown(before))
    campaign.save(update_fields=MARKED)
    extra = {"reset": after != before, **said(message)}
    append(kind=Event.Kind.CAMPAIGN_PUSHED, campaign_id=campaign.id, extra=extra, at=now)
    push = announce_campaign(campaign_id=campaign.id, kind=Event.Kind.CAMPAIGN_PUSHED, at=now, message=message)
    return Pushed(campaign, push)


def with_reset(marks: Marks, campaign: Campaign, now: datetime) -> Marks:
    """The same marks where no pass is older than the campaign's newest revision: then there is nothing to undo."""
    newest, oldest = newest_revision_epoch(campaign), oldest_epoch(campaign)
    if oldest is None or oldest >= newest:
        return marks
    return lay.reset(marks, campaign.epoch + 1, newest, at=now)
