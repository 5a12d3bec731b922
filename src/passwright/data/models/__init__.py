"""The rows, a noun a file."""

from passwright.data.models.asset import Asset
from passwright.data.models.attempt import Attempts
from passwright.data.models.bulk_import import BulkChunk, BulkImport
from passwright.data.models.campaign import Campaign, CampaignRevision
from passwright.data.models.certificate import Certificate, DevelopmentAuthority
from passwright.data.models.counts import DailyCount, DistributionCount, DistributionTally, Tally
from passwright.data.models.device import Device, DeviceLog
from passwright.data.models.distinct_value import DistinctValue
from passwright.data.models.distribution import Distribution
from passwright.data.models.event import Event
from passwright.data.models.idempotency import IdempotentAnswer
from passwright.data.models.notice import Notice
from passwright.data.models.organization import Organization
from passwright.data.models.passes import Pass
from passwright.data.models.push import Delivery, Push, ScheduledPush
from passwright.data.models.redeem import Redeem
from passwright.data.models.registration import Registration
from passwright.data.models.secret_check import SecretCheck
from passwright.data.models.store import Store
from passwright.data.models.template import Template
from passwright.data.models.usage import HourlyUsage
from passwright.data.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Asset",
    "Attempts",
    "BulkChunk",
    "BulkImport",
    "Campaign",
    "CampaignRevision",
    "Certificate",
    "DailyCount",
    "Delivery",
    "DevelopmentAuthority",
    "Device",
    "DeviceLog",
    "DistinctValue",
    "Distribution",
    "DistributionCount",
    "DistributionTally",
    "Event",
    "HourlyUsage",
    "IdempotentAnswer",
    "Notice",
    "Organization",
    "Pass",
    "Push",
    "Redeem",
    "Registration",
    "ScheduledPush",
    "SecretCheck",
    "Store",
    "Tally",
    "Template",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
