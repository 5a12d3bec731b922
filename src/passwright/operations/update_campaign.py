from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from msgspec import structs

from passwright.data.models import Campaign, CampaignRevision, Event, Organization
from passwright.operations.campaign_content import (
    SETTINGS,
    CampaignWanted,
    apply_certificate,
    apply_settings,
    revised,
    violated,
    with_codes,
)
from passwright.operations.campaign_marks import merge_into_passes
from passwright.operations.campaign_template import look_of, template_for
from passwright.operations.distinct_values import switch_distinct
from passwright.operations.record_event import append, count
from passwright.operations.refusals import Faults, NotFound, ValidationFailed
from passwright.operations.retrying import retried
from passwright.operations.sizes import check_revision_size
from passwright.passes.content import Revision, Style
from passwright.passes.counters import Counter
from passwright.queries.campaigns import marks_of, newest_revision

ROW_ATTRIBUTES = ("name", *SETTINGS, "code_type", "gwallet_usage", "template_id", "certificate_id")
OF_THE_LINK = {"og", "og_description", "javascript", "stylesheet", "remote_form_url", "render_on_short_url"}
"""Settings of the page at which visitors get their passes: a change of them is an update of the distribution."""


@retried
def update_campaign(
    *, organization: Organization, style: Style, campaign_id: UUID, wanted: CampaignWanted, now: datetime
) -> Campaign:
    """Change what was sent. Passes made later show it; earlier ones after a merge, or at once where the campaign
    merges on update. An update that changes nothing leaves no trace.

    Raises:
        NotFound: if the organization has no such campaign.
        ValidationFailed: naming every attribute that cannot be as asked for.
    """
    try:
        with transaction.atomic():
            return updated_campaign(locked(organization, style, campaign_id), wanted, now)
    except IntegrityError as error:  # of two with the same name at once one wins
        if violated(error) != "campaign_name":
            raise
        raise ValidationFailed({"name": ["has already been taken"]}) from None


def locked(organization: Organization, style: Style, campaign_id: UUID) -> Campaign:
    """The campaign's row, locked until the transaction ends.

    Raises:
        NotFound: if the organization has no such campaign.
    """
    campaign = (
        Campaign.objects.select_for_update(no_key=True)
        .filter(organization=organization, style=style, id=campaign_id, deleted_at=None)
        .first()
    )
    if campaign is None:
        raise NotFound("Campaign")
    campaign.organization = organization
    return campaign


def updated_campaign(campaign: Campaign, wanted: CampaignWanted, now: datetime) -> Campaign:
    faults = Faults()
    before = newest_revision(campaign)
    row_before = [getattr(campaign, name) for name in ROW_ATTRIBUTES]
    earlier = campaign.template
    apply_settings(campaign, wanted, faults)
    apply_certificate(campaign, wanted, now, faults)
    epoch, merge = campaign.epoch + 1, marks_of(campaign).merge
    content = revised(before, campaign, campaign.organization, before.look, wanted, faults, epoch=epoch, merge=merge)
    template = template_for(campaign, wanted, now, faults, code=before.barcode)
    faults.check()
    switch_distinct(campaign, before, content, faults)
    faults.check()
    assert template is not None
    campaign.template = template
    content = with_codes(structs.replace(content, look=look_of(template)), wanted, template, earlier)
    check_revision_size(content)
    row_changes = [
        name for name, value in zip(ROW_ATTRIBUTES, row_before, strict=True) if getattr(campaign, name) != value
    ]
    write_changes(campaign, row_changes, list(revision_changes(before, content)), content, now)
    return campaign


def revision_changes(before: Revision, after: Revision) -> Iterator[str]:
    for name in Revision.__struct_fields__:
        if name != "epoch" and getattr(before, name) != getattr(after, name):
            yield name


def write_changes(
    campaign: Campaign, row_changes: list[str], content_changes: list[str], content: Revision, now: datetime
) -> None:
    if not row_changes and not content_changes:
        return
    if content_changes:
        write_revision(campaign, content, now)
    append(
        kind=Event.Kind.CAMPAIGN_UPDATED,
        campaign_id=campaign.id,
        extra={"changed": sorted({*row_changes, *content_changes})},
        at=now,
    )
    if OF_THE_LINK.intersection(row_changes):
        count(Counter.DISTRIBUTION_UPDATES, campaign_id=campaign.id, at=now)
    if content_changes and campaign.merge_on_update and campaign.pass_count:
        merge_into_passes(campaign, now=now)
    campaign.updated_at = now
    campaign.save()


def write_revision(campaign: Campaign, content: Revision, now: datetime) -> None:
    campaign.epoch = content.epoch
    CampaignRevision.objects.create(
        campaign=campaign, epoch=content.epoch, content=msgspec.to_builtins(content), created_at=now
    )
