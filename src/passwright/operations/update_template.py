from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Organization, Template
from passwright.operations.campaign_content import CampaignWanted
from passwright.operations.create_template import SentTemplate, check, keep, lay_on
from passwright.operations.refusals import NotFound, ValidationFailed
from passwright.operations.update_campaign import update_campaign
from passwright.passes.content import Style
from passwright.queries.templates import campaigns_with, template_of, templates_of


@transaction.atomic
def update_template(*, organization: Organization, template_id: UUID, sent: SentTemplate, now: datetime) -> Template:
    """Change a template. For the campaigns that use it this is an update of their look: passes made later show it,
    earlier ones after a merge. The code of a campaign stays what it was.

    Raises:
        NotFound: if the organization has no such template.
        ValidationFailed: naming everything that is missing, unknown or taken.
    """
    campaigns = locked_campaigns(organization, template_id)
    template = templates_of(organization).select_for_update().filter(id=template_id).first()
    if template is None:
        raise NotFound("Template")
    pass_type = template.pass_type
    lay_on(template, sent)
    if template.pass_type != pass_type and campaigns_with(template).exists():
        raise ValidationFailed({"pass_type": ["cannot change while a campaign uses the template"]})
    check(template)
    keep(template, now)
    for campaign in campaigns:
        show(organization, campaign, now)
    return template


def locked_campaigns(organization: Organization, template_id: UUID) -> list[Campaign]:
    """The campaigns that use the template, locked before it is: in the order in which a campaign's update locks."""
    template = template_of(organization, template_id)
    if template is None:
        return []
    return list(campaigns_with(template).select_for_update(no_key=True).order_by("id"))


def show(organization: Organization, campaign: Campaign, now: datetime) -> None:
    """An update of the campaign that says nothing of its own reads its template again."""
    update_campaign(
        organization=organization,
        style=Style(campaign.style),
        campaign_id=campaign.id,
        wanted=CampaignWanted(),
        now=now,
    )
