from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import connection
from msgspec import Struct


class CalledCampaign(Struct, frozen=True):
    """Whose request named which campaign on which day (UTC)."""

    organization_id: UUID
    campaign_id: UUID
    day: date


# Only what is the caller's own counts: the door has not always come to look for the campaign before it refused.
COUNT = """
INSERT INTO tally (campaign_id, day, counter, amount)
SELECT campaign.id, called.day, 'api_calls', called.amount
FROM unnest(%s::uuid[], %s::uuid[], %s::date[], %s::bigint[]) AS called (organization_id, campaign_id, day, amount)
JOIN campaign ON campaign.id = called.campaign_id AND campaign.organization_id = called.organization_id
             AND campaign.deleted_at IS NULL
"""


def count_api_calls(*, calls: Mapping[CalledCampaign, int]) -> None:
    """Count requests for the reports, many in one statement. Calls of somebody else's campaign, or of none, do not
    count."""
    named = list(calls)
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            [
                [call.organization_id for call in named],
                [call.campaign_id for call in named],
                [call.day for call in named],
                list(calls.values()),
            ],
        )
