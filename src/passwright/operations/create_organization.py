from __future__ import annotations

from datetime import datetime

from django.db import transaction

from passwright import secrets
from passwright.data.models import Organization
from passwright.operations.new_password import NewPassword
from passwright.operations.refusals import NotAllowed, PreconditionFailed
from passwright.operations.retrying import retried
from passwright.operations.webhook_secrets import encrypted_key
from passwright.queries.organizations import children_of


class OrganizationNameMissing(Exception):
    """Write a name for the organization."""


@retried
@transaction.atomic
def create_organization(*, name: str, now: datetime, parent: Organization | None = None) -> NewPassword:
    """Make an organization with its API credentials, below ``parent`` if there is one.

    Raises:
        OrganizationNameMissing: if the name is blank.
        NotAllowed: if the parent may not have any below it.
        PreconditionFailed: if the parent has as many below it as it may.
    """
    if not name.strip():
        raise OrganizationNameMissing(OrganizationNameMissing.__doc__)
    if parent:
        check_room(parent)
    username, password = secrets.new_api_credentials()
    organization = Organization.objects.create(
        name=name.strip(),
        parent=parent,
        api_username=username,
        api_password_hash=secrets.hash_api_password(password),
        api_password_encrypted=encrypted_key(password),
        created_at=now,
        updated_at=now,
    )
    return NewPassword(organization=organization, api_password=password)


def check_room(parent: Organization) -> None:
    """The parent's row is held until the child is made: of two who find the last place free, one finds it taken."""
    held = Organization.objects.select_for_update(no_key=True).get(id=parent.id)
    if not held.children_allowed:
        raise NotAllowed
    there = children_of(held).count()
    if there >= held.children_allowed:
        raise PreconditionFailed(
            {
                "organization": f"This organization may have {held.children_allowed} organizations below it and has "
                f"{there}. Ask the operator of this server to allow more."
            }
        )
