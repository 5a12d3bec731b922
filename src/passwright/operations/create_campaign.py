from __future__ import annotations

import secrets
from datetime import datetime
from uuid import uuid4

import msgspec
from django.db import IntegrityError, transaction

from passwright.data.models import Campaign, CampaignRevision, Distribution, Event, Organization, Template
from passwright.operations.campaign_content import (
    CampaignWanted,
    apply_certificate,
    apply_settings,
    revised,
    violated,
    with_codes,
)
from passwright.operations.campaign_template import look_of, template_for
from passwright.operations.record_event import append
from passwright.operations.refusals import Faults, ValidationFailed
from passwright.operations.retrying import retried
from passwright.operations.sizes import check_revision_size
from passwright.passes.content import Look, Revision, Style

FIRST_EPOCH = 1


@retried
def create_campaign(*, organization: Organization, style: Style, wanted: CampaignWanted, now: datetime) -> Campaign:
    """Make a campaign with its first revision and its distribution, and a template unless one is named.

    Raises:
        ValidationFailed: naming every attribute that cannot be as asked for.
    """
    try:
        with transaction.atomic():
            return new_campaign(organization, style, wanted, now)
    except IntegrityError as error:  # of two with the same name at once one wins
        if violated(error) != "campaign_name":
            raise
        raise ValidationFailed({"name": ["has already been taken"]}) from None


def new_campaign(organization: Organization, style: Style, wanted: CampaignWanted, now: datetime) -> Campaign:
    faults = Faults()
    campaign = Campaign(
        id=uuid4(), organization=organization, style=str(style), name="", created_at=now, updated_at=now
    )
    apply_settings(campaign, wanted, faults)
    apply_certificate(campaign, wanted, now, faults)
    blank = Revision(epoch=FIRST_EPOCH, style=style, name="", organization_name="", description="", look=Look())
    content = revised(blank, campaign, organization, Look(), wanted, faults, epoch=FIRST_EPOCH, merge=0)
    template = template_for(campaign, wanted, now, faults)
    faults.check()
    assert template is not None
    return saved(campaign, template, content, wanted, now)


def saved(campaign: Campaign, template: Template, content: Revision, wanted: CampaignWanted, now: datetime) -> Campaign:
    campaign.template = template
    campaign.save(force_insert=True)
    content = with_codes(msgspec.structs.replace(content, look=look_of(template)), wanted, template, None)
    check_revision_size(content)
    CampaignRevision.objects.create(
        campaign=campaign, epoch=content.epoch, content=msgspec.to_builtins(content), created_at=now
    )
    Distribution.objects.create(
        id=uuid4(),
        campaign=campaign,
        token=secrets.token_urlsafe(7),
        created_at=now,
        updated_at=now,
        published_at=now,
    )
    append(kind=Event.Kind.CAMPAIGN_CREATED, campaign_id=campaign.id, at=now)
    return campaign
