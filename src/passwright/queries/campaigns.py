"""What campaigns are there and what they say. A deleted campaign is not there."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Max, QuerySet

from passwright.data.models import Campaign, CampaignRevision, Distribution, Organization
from passwright.passes.content import Marks, Revision, Style
from passwright.queries.revisions import revision_at, revisions_at


def campaign(organization: Organization, style: Style, campaign_id: UUID) -> Campaign | None:
    """One campaign of the organization; None if there is none of that style and id."""
    return of_style(organization, style).filter(id=campaign_id).first()


def campaign_with_id(campaign_id: UUID) -> Campaign | None:
    """One campaign, whosever it is: for the operator."""
    return Campaign.objects.select_related("organization").filter(id=campaign_id, deleted_at=None).first()


def listing(organization: Organization, style: Style) -> QuerySet[Campaign]:
    """The organization's campaigns of a style, oldest first."""
    return of_style(organization, style).order_by("created_at", "id")


def of_style(organization: Organization, style: Style) -> QuerySet[Campaign]:
    return Campaign.objects.filter(organization=organization, style=style, deleted_at=None)


def newest_revision(campaign: Campaign) -> Revision:
    """What a pass made now would show."""
    return revision_at(campaign.id, campaign.epoch)


def newest_revision_epoch(campaign: Campaign) -> int:
    """The epoch of the campaign's last content update; 1 if there was none since it was made."""
    newest = CampaignRevision.objects.filter(campaign=campaign).aggregate(epoch=Max("epoch"))
    return int(newest["epoch"])


# The field is null where the redeem code is the code. Where fields are put into the code, any of them counts.
CODE_FIELDS = """
SELECT count(DISTINCT (
    coalesce(jsonb_path_query_first(content, '$.fields[*] ? (@.use_as_barcode == true).key'), 'null'),
    CASE WHEN position('${' IN concat(
        content ->> 'barcode', content ->> 'barcodes', content ->> 'code_fixed_value',
        jsonb_path_query_first(content, '$.fields[*] ? (@.use_as_barcode == true).value')
    )) > 0 THEN epoch END
))
FROM campaign_revision WHERE campaign_id = %(campaign)s AND epoch >= coalesce(
    (SELECT max(epoch) FROM campaign_revision WHERE campaign_id = %(campaign)s AND epoch <= %(since)s), 0
)
"""


def code_field_changed(campaign: Campaign, *, since: int) -> bool:
    """Whether the revisions shown at epoch ``since`` or later take the code from different fields."""
    with connection.cursor() as cursor:
        cursor.execute(CODE_FIELDS, {"campaign": campaign.id, "since": since})
        return int(cursor.fetchone()[0]) > 1


def newest_revisions(campaigns: Sequence[Campaign]) -> dict[UUID, Revision]:
    """The same by campaign id, for a page of them."""
    found = revisions_at([(campaign.id, campaign.epoch) for campaign in campaigns])
    return {campaign_id: revision for (campaign_id, _), revision in found.items()}


def distribution(campaign: Campaign) -> Distribution:
    """The first link of the campaign: every campaign has it from its creation, and its addresses lead to it."""
    return distributions([campaign])[campaign.id][0]


def distributions(campaigns: Sequence[Campaign]) -> dict[UUID, list[Distribution]]:
    """The links of each campaign by its id, the first of them first; for a page of campaigns."""
    links: dict[UUID, list[Distribution]] = {campaign.id: [] for campaign in campaigns}
    for link in Distribution.objects.filter(campaign__in=campaigns, deleted_at=None).order_by("created_at", "id"):
        links[link.campaign_id].append(link)
    return links


def marks_of(campaign: Campaign) -> Marks:
    return msgspec.convert(campaign.marks, Marks)
