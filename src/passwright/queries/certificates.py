from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from passwright.data.models import Certificate, Organization
from passwright.settings import ENVIRONMENT


def certificates_of(organization: Organization) -> QuerySet[Certificate]:
    """The organization's own certificates and the public ones.

    Development certificates only where they are made: in production those of an earlier time are not offered.
    """
    public = Q(organization=None) if ENVIRONMENT.development_ca else Q(organization=None, development=False)
    return Certificate.objects.filter(Q(organization=organization) | public)


def all_certificates() -> QuerySet[Certificate]:
    """Everybody's, the next to expire first."""
    return Certificate.objects.select_related("organization").order_by("expires_at", "id")


def certificate_of(organization: Organization, certificate_id: UUID) -> Certificate | None:
    """One of them; None for an unknown id and for somebody else's."""
    return certificates_of(organization).filter(id=certificate_id).first()
