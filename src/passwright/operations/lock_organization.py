from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce

from passwright.data.models import Organization
from passwright.operations.change_organization import change_organization
from passwright.operations.retrying import retried


@retried
def lock_organization(*, organization_id: UUID, now: datetime) -> Organization:
    """Refuse the organization's credentials from the next request on; one that is locked stays locked since then.

    Its children are not locked with it: they have customers and credentials of their own.

    Raises:
        NotFound: if there is no such organization.
    """
    since = Coalesce("locked_at", Value(now), output_field=DateTimeField())
    return change_organization(organization_id, now=now, locked_at=since)
