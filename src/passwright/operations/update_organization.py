from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from msgspec import UNSET, UnsetType

from passwright.data.models import Organization
from passwright.operations.change_organization import change_organization
from passwright.operations.create_webhook import check_address
from passwright.operations.organization_webhook import keep_in_step
from passwright.operations.refusals import ValidationFailed
from passwright.operations.retrying import retried


@retried
@transaction.atomic
def update_organization(
    *,
    organization_id: UUID,
    name: str | UnsetType = UNSET,
    webhook_url: str | UnsetType | None = UNSET,
    now: datetime,
) -> Organization:
    """Change what was sent; the rest stays. ``webhook_url`` is an http or https address, None for none; a webhook
    endpoint comes, changes and goes with it.

    Raises:
        NotFound: if there is no such organization.
        ValidationFailed: if the name is blank, or the address is private or cannot be called.
    """
    if name is not UNSET and not name.strip():
        raise ValidationFailed({"name": ["can't be blank"]})
    if isinstance(webhook_url, str):
        check_address(webhook_url, "webhook_url")
    wanted = {"name": name if name is UNSET else name.strip(), "webhook_url": webhook_url}
    sent = {column: value for column, value in wanted.items() if value is not UNSET}
    changed = change_organization(organization_id, now=now, **sent)
    if webhook_url is not UNSET:
        keep_in_step(changed, now=now)
    return changed
