from __future__ import annotations

from datetime import datetime
from uuid import UUID

from passwright import secrets
from passwright.operations.change_organization import change_organization
from passwright.operations.new_password import NewPassword
from passwright.operations.retrying import retried
from passwright.operations.webhook_secrets import encrypted_key


@retried
def refresh_api_password(*, organization_id: UUID, now: datetime) -> NewPassword:
    """Give the organization another API password. The old one is refused from the next request on.

    Raises:
        NotFound: if there is no such organization.
    """
    _, password = secrets.new_api_credentials()
    changed = change_organization(
        organization_id,
        now=now,
        api_password_hash=secrets.hash_api_password(password),
        api_password_encrypted=encrypted_key(password),
    )
    return NewPassword(organization=changed, api_password=password)
