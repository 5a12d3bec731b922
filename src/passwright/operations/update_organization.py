from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from passwright.data.models import Organization
from passwright.operations.change_organization import change_organization
from passwright.operations.refusals import ValidationFailed
from passwright.operations.retrying import retried


@retried
def update_organization(
    *,
    organization_id: UUID,
    name: str | UnsetType = UNSET,
    webhook_url: str | UnsetType | None = UNSET,
    now: datetime,
) -> Organization:
    """Change what was sent; the rest stays. ``webhook_url`` is an http or https address, None for none.

    Raises:
        NotFound: if there is no such organization.
        ValidationFailed: if the name is blank.
    """
    if name is not UNSET and not name.strip():
        raise ValidationFailed({"name": ["can't be blank"]})
    wanted = {"name": name if name is UNSET else name.strip(), "webhook_url": webhook_url}
    sent = {column: value for column, value in wanted.items() if value is not UNSET}
    return change_organization(organization_id, now=now, **sent)
