from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from passwright.data.models import Campaign, ScheduledPush


def scheduled_pushes_of(campaign: Campaign) -> QuerySet[ScheduledPush]:
    """The campaign's scheduled pushes and merges, also those that are over, oldest first."""
    return ScheduledPush.objects.filter(campaign=campaign).order_by("created_at", "id")


def scheduled_push(campaign: Campaign, scheduled_push_id: UUID) -> ScheduledPush | None:
    """One of them; None if there is none with that id."""
    return scheduled_pushes_of(campaign).filter(id=scheduled_push_id).first()
