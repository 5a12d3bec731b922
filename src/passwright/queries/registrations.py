from __future__ import annotations

from django.db.models import QuerySet

from passwright.data.models import Campaign, Pass, Registration


def registrations_of(campaign: Campaign) -> QuerySet[Registration]:
    """Which of the campaign's passes are on which devices now, oldest first."""
    return Registration.objects.filter(campaign=campaign).order_by("created_at", "id")


def registrations_of_pass(row: Pass) -> QuerySet[Registration]:
    """Which devices hold the pass now, oldest first."""
    return Registration.objects.filter(pass_row=row).order_by("created_at", "id")
