"""The rows, a noun a file."""

from passwright.data.models.asset import Asset
from passwright.data.models.campaign import Campaign, CampaignRevision
from passwright.data.models.certificate import Certificate, DevelopmentAuthority
from passwright.data.models.distribution import Distribution
from passwright.data.models.event import Event
from passwright.data.models.organization import Organization
from passwright.data.models.passes import Pass
from passwright.data.models.secret_check import SecretCheck
from passwright.data.models.template import Template

__all__ = [
    "Asset",
    "Campaign",
    "CampaignRevision",
    "Certificate",
    "DevelopmentAuthority",
    "Distribution",
    "Event",
    "Organization",
    "Pass",
    "SecretCheck",
    "Template",
]
