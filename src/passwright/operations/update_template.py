from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from passwright.data.models import Campaign, Organization, Template
from passwright.operations.campaign_content import CampaignWanted
from passwright.operations.create_template import SentTemplate, check, keep, lay_on
from passwright.operations.refusals import NotFound, ValidationFailed
from passwright.operations.retrying import retried
from passwright.operations.update_campaign import update_campaign
from passwright.passes.content import Style
from passwright.queries.templates import campaigns_with, templates_of


@retried
@transaction.atomic
def update_template(*, organization: Organization, template_id: UUID, sent: SentTemplate, now: datetime) -> Template:
    """Change a template. For the campaigns that use it this is an update of their look: passes made later show it,
    earlier ones after a merge. The code of a campaign stays what it was.

    Raises:
        NotFound: if the organization has no such template.
        ValidationFailed: naming everything that is missing, unknown or taken.
    """
    template, campaigns = locked_with_campaigns(organization, template_id)
    pass_type = template.pass_type
    lay_on(template, sent)
    if template.pass_type != pass_type and campaigns_with(template).exists():
        raise ValidationFailed({"pass_type": ["cannot change while a campaign uses the template"]})
    check(template)
    keep(template, now)
    for campaign in campaigns:
        show(organization, campaign, now)
    return template


def locked_with_campaigns(organization: Organization, template_id: UUID) -> tuple[Template, list[Campaign]]:
    """The template and the campaigns that use it, locked in the order in which a campaign's update locks.

    Nobody takes the template up while it is locked, but somebody may have between the two locks. Those campaigns are
    locked as well, without waiting: who holds one may wait for the template, so the whole is tried again instead.

    Raises:
        NotFound: if the organization has no such template.
    """
    users = users_of(organization, template_id)
    campaigns = list(users.select_for_update(no_key=True))
    template = templates_of(organization).select_for_update().filter(id=template_id).first()
    if template is None:
        raise NotFound("Template")
    late = users.exclude(id__in=[campaign.id for campaign in campaigns])
    return template, [*campaigns, *late.select_for_update(no_key=True, nowait=True)]


def users_of(organization: Organization, template_id: UUID) -> QuerySet[Campaign]:
    return Campaign.objects.filter(organization=organization, template_id=template_id, deleted_at=None).order_by("id")


def show(organization: Organization, campaign: Campaign, now: datetime) -> None:
    """An update of the campaign that says nothing of its own reads its template again."""
    update_campaign(
        organization=organization,
        style=Style(campaign.style),
        campaign_id=campaign.id,
        wanted=CampaignWanted(),
        now=now,
    )
