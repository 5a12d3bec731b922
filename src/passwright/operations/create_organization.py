from __future__ import annotations

from datetime import datetime

from django.db import transaction
from msgspec import Struct

from passwright import secrets
from passwright.data.models import Organization


class OrganizationNameMissing(Exception):
    """Write a name for the organization."""


class NewOrganization(Struct, frozen=True, kw_only=True):
    """A new organization and its API password, which is shown here and nowhere again."""

    organization: Organization
    api_password: str

    def __repr__(self) -> str:
        return f"NewOrganization({self.organization.id})"


@transaction.atomic
def create_organization(*, name: str, now: datetime, parent: Organization | None = None) -> NewOrganization:
    """Make an organization with its API credentials.

    Raises:
        OrganizationNameMissing: if the name is blank.
    """
    if not name.strip():
        raise OrganizationNameMissing(OrganizationNameMissing.__doc__)
    username, password = secrets.new_api_credentials()
    organization = Organization.objects.create(
        name=name.strip(),
        parent=parent,
        api_username=username,
        api_password_hash=secrets.hash_api_password(password),
        created_at=now,
        updated_at=now,
    )
    return NewOrganization(organization=organization, api_password=password)
