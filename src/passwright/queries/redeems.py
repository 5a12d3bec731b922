from __future__ import annotations

from django.db.models import QuerySet

from passwright.data.models import Campaign, Pass, Redeem


def redeems_of(campaign: Campaign) -> QuerySet[Redeem]:
    """Every use of the campaign's passes, oldest first."""
    return Redeem.objects.filter(campaign=campaign).order_by("created_at", "id")


def redeems_of_pass(row: Pass) -> QuerySet[Redeem]:
    """Every use of one pass, oldest first."""
    return Redeem.objects.filter(pass_row=row).order_by("created_at", "id")
