"""What operations on an organization's own columns share."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from passwright.data.models import Organization
from passwright.operations.refusals import NotFound


@transaction.atomic
def change_organization(organization_id: UUID, *, now: datetime, **columns: Any) -> Organization:
    """Write these columns and no others: two changes at once do not undo each other.

    Raises:
        NotFound: if there is no such organization.
    """
    if not Organization.objects.filter(id=organization_id).update(**columns, updated_at=now):
        raise NotFound("Organization")
    return Organization.objects.get(id=organization_id)
