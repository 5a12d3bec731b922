from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from passwright.data.models import Certificate, Organization


def certificates_of(organization: Organization) -> QuerySet[Certificate]:
    """The organization's own certificates and the public ones."""
    return Certificate.objects.filter(Q(organization=organization) | Q(organization=None))


def certificate_of(organization: Organization, certificate_id: UUID) -> Certificate | None:
    """One of them; None for an unknown id and for somebody else's."""
    return certificates_of(organization).filter(id=certificate_id).first()
