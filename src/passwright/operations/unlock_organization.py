from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright.data.models import Organization
from passwright.operations.change_organization import change_organization
from passwright.operations.retrying import retried


@retried
def unlock_organization(*, organization_id: UUID, now: datetime) -> Organization:
    """Let the organization's credentials in again.

    Raises:
        NotFound: if there is no such organization.
    """
    return change_organization(organization_id, now=now, locked_at=None)
