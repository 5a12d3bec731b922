from __future__ import annotations

from uuid import UUID

from passwright.data.models import Organization


def organization_with_username(username: str) -> Organization | None:
    """The organization with this API user name. A name that PostgreSQL cannot hold is nobody's."""
    if not username or "\x00" in username:
        return None
    return Organization.objects.filter(api_username=username).first()


def organization_with_id(organization_id: UUID) -> Organization | None:
    return Organization.objects.filter(id=organization_id).first()
