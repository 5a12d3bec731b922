from __future__ import annotations

from uuid import UUID

from django.db.models import F

from passwright.data.models import Campaign, Certificate
from passwright.queries.certificates import certificates_of


def push_certificate(campaign_id: UUID, pass_type_identifier: str) -> Certificate | None:
    """With which a device that registered under this identifier is pushed for this campaign.

    That is the campaign's own, unless it has another identifier by now; then one with the device's that the
    organization may use, its own before a public one, the one that lasts longest first.
    """
    campaign = Campaign.objects.select_related("certificate", "organization").filter(id=campaign_id).first()
    if campaign is None:
        return None
    if campaign.certificate.pass_type_identifier == pass_type_identifier:
        return campaign.certificate
    usable = certificates_of(campaign.organization).filter(pass_type_identifier=pass_type_identifier)
    return usable.order_by(F("organization").asc(nulls_last=True), "-expires_at").first()
