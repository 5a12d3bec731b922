"""A campaign together with the token of its first link, read by hand: every request about a pass begins with it.

Building the statement by the ORM took four times as long as everything that comes after it when a pass is made.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from passwright.data.models import Campaign, Organization
from passwright.data.postgresql.rows import Reader
from passwright.data.postgresql.statement import Statement
from passwright.passes.content import Style

reader = Reader(Campaign)
CAMPAIGN_WITH_LINK = Statement(
    "campaign_with_link",
    f"""
SELECT {reader.columns},
       (SELECT token FROM distribution WHERE campaign_id = campaign.id ORDER BY created_at, id LIMIT 1)
FROM campaign
WHERE id = $1 AND organization_id = $2 AND style = $3 AND deleted_at IS NULL
""",  # noqa: S608 - nothing in it comes from outside
)


OF_ANY_STYLE = Statement(
    "campaign_of_any_style_with_link", CAMPAIGN_WITH_LINK.sql.decode().replace(" AND style = $3", "")
)


class CampaignWithLink(Struct, frozen=True):
    campaign: Campaign
    token: str


def campaign_with_link(organization: Organization, style: Style, campaign_id: UUID) -> CampaignWithLink | None:
    """One campaign of the organization; None if there is none of that style and id."""
    cells = CAMPAIGN_WITH_LINK.row(str(campaign_id), str(organization.id), style.value)
    return CampaignWithLink(reader.row(cells), (cells[-1] or b"").decode()) if cells else None


def campaign_of_any_style(organization: Organization, campaign_id: UUID) -> CampaignWithLink | None:
    """The same for addresses that name another style: some that clients were told to use do."""
    cells = OF_ANY_STYLE.row(str(campaign_id), str(organization.id))
    return CampaignWithLink(reader.row(cells), (cells[-1] or b"").decode()) if cells else None
