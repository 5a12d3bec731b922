from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright.data.models import Organization
from passwright.operations.change_organization import change_organization
from passwright.operations.retrying import retried


@retried
def allow_children(*, organization_id: UUID, children: int, now: datetime) -> Organization:
    """Let the organization have so many others below it; 0 takes the permission away. Those there are stay.

    Raises:
        NotFound: if there is no such organization.
    """
    return change_organization(organization_id, now=now, children_allowed=children)
