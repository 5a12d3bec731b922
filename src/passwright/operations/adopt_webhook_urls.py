from __future__ import annotations

from datetime import datetime

from django.db import transaction

from passwright.data.models import Organization
from passwright.operations.organization_webhook import keep_in_step


def adopt_webhook_urls(*, now: datetime) -> int:
    """Give every ``webhook_url`` that was written down before there were endpoints its endpoint. It needs the
    installation's secret, so that no migration can do it. Safe beside itself; returns how many it were."""
    adopted = 0
    missing = Organization.objects.exclude(webhook_url=None).exclude(webhook_endpoints__of_organization=True)
    for organization_id in missing.values_list("id", flat=True):
        with transaction.atomic():
            held = Organization.objects.select_for_update(no_key=True).get(id=organization_id)
            keep_in_step(held, now=now)
            adopted += 1
    return adopted
