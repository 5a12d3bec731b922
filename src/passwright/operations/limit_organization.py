from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright.data.models import Organization
from passwright.operations.change_organization import change_organization
from passwright.operations.retrying import retried


@retried
def limit_organization(*, organization_id: UUID, requests: int | None, now: datetime) -> Organization:
    """Let the organization make so many API requests an hour; None is what everybody may. It counts at once.

    Raises:
        NotFound: if there is no such organization.
    """
    return change_organization(organization_id, now=now, hourly_limit=requests)
