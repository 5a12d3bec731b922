from __future__ import annotations

from django.db.models import QuerySet

from passwright.data.models import Notice, Organization


def notices_of(organization: Organization) -> QuerySet[Notice]:
    """The organization's own, newest first."""
    return Notice.objects.filter(organization=organization).order_by("-created_at", "-id")


def all_notices() -> QuerySet[Notice]:
    """Everybody's and the operator's own, newest first."""
    return Notice.objects.select_related("organization").order_by("-created_at", "-id")
