"""Somebody has begun to fill in a form."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright.data.models import DistributionTally
from passwright.operations.attempts import LONGEST, attempt
from passwright.passes.counters import LinkCounter


def record_form(*, distribution_id: UUID, number: str, at: datetime) -> None:
    """Count a form of the link as begun, once: ``number`` is what tells it from others. Not to be called within a
    transaction."""
    if attempt(who=b"form " + number.encode(), limit=1, within=LONGEST, now=at):
        DistributionTally.objects.create(distribution_id=distribution_id, counter=LinkCounter.FORMS, amount=1)
