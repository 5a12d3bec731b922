"""Write down that devices are to be told, in the transaction that changes what they show.

That is one row, whatever the number of devices, and nobody is looked for: a device that registers meanwhile would be
missed. Who holds the passes is found out after the commit, by `operations.spread_pushes`.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from msgspec import Struct

from passwright.data.models import Campaign, Event, Push

ANNOUNCED = """
INSERT INTO push (campaign_id, pass_id, kind, message, silent, created_at,
                  devices, accepted, fetched, unchanged, refused, gone)
SELECT campaign_id, {pass_id}, '{kind}', '', false, {at}, 0, 0, 0, 0, 0, 0 FROM {source}
"""
"""The same as part of a longer statement. Fill in with `str.format`; add a ``WHERE`` after it."""


class Pushed(Struct, frozen=True):
    """A campaign that was pushed or merged, and the push; None for a campaign without passes."""

    campaign: Campaign
    push: Push | None


def announce_pass(
    *,
    campaign_id: uuid.UUID,
    pass_id: uuid.UUID,
    kind: Event.Kind,
    at: datetime,
    message: str = "",
    silent: bool = False,
) -> Push:
    """One pass shows something else. ``silent``: no device is told; one that asks is answered."""
    return Push.objects.create(
        campaign_id=campaign_id, pass_id=pass_id, kind=kind, message=message, silent=silent, created_at=at
    )


def announce_campaign(*, campaign_id: uuid.UUID, kind: Event.Kind, at: datetime, message: str = "") -> Push:
    """All passes of a campaign show something else."""
    return Push.objects.create(campaign_id=campaign_id, kind=kind, message=message, created_at=at)
