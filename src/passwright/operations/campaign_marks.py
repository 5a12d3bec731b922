"""What happens to all passes of a campaign at once is set on its row alone; whoever has the row locked saves it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from passwright.data.models import Campaign, Event, Push
from passwright.operations.announce import announce_campaign
from passwright.operations.record_event import append
from passwright.passes.content import Marks
from passwright.passes.lay import least_shown, merged
from passwright.passes.messages import campaign_message
from passwright.queries.campaigns import code_field_changed, marks_of
from passwright.queue import defer

MARKED = ("epoch", "version", "marks", "push_message", "push_message_epoch")
"""The columns that are changed here."""


def merge_into_passes(campaign: Campaign, *, message: str = "", now: datetime) -> Push:
    """Bring what the campaign says to all its passes; places only where its settings say so."""
    before = marks_of(campaign)
    campaign.epoch += 1
    campaign.version += 1
    marks = merged(
        before,
        campaign.epoch,
        locations=campaign.sync_locations_on_merge,
        beacons=campaign.sync_beacons_on_merge,
        at=now,
    )
    set_marks(campaign, marks)
    set_message(campaign, message)
    index_codes_if_due(campaign, since=least_shown(before))
    append(kind=Event.Kind.CAMPAIGN_MERGED, campaign_id=campaign.id, extra=said(message), at=now)
    return announce_campaign(campaign_id=campaign.id, kind=Event.Kind.CAMPAIGN_MERGED, at=now, message=message)


def set_marks(campaign: Campaign, marks: Marks) -> None:
    campaign.marks = msgspec.to_builtins(marks)


def index_codes_if_due(campaign: Campaign, *, since: int) -> None:
    """Passes go from one revision shown at epoch ``since`` or later to another: if that takes the code from another
    field, a job notes again what scanners find them by. Until it has come to a pass, its redeem code alone does."""
    if code_field_changed(campaign, since=since):
        defer("index_codes", campaign_id=str(campaign.id))


def set_message(campaign: Campaign, text: str) -> None:
    """What all passes have on the lock screen from the campaign's epoch on. Without a text it stays what it was."""
    if text:
        campaign.push_message = campaign_message(text, campaign.push_message)
        campaign.push_message_epoch = campaign.epoch


def said(message: str) -> dict[str, str]:
    """Of an event's ``extra``."""
    return {"message": message} if message else {}
