from __future__ import annotations

from uuid import UUID

from passwright import secrets
from passwright.data.models import Organization
from passwright.operations.webhook_secrets import encrypted_key


def keep_api_password(*, organization_id: UUID, api_password: str) -> None:
    """Keep an encrypted copy of a password that was just found right, for webhooks; only where there is none and the
    password is still that one."""
    Organization.objects.filter(
        id=organization_id,
        api_password_encrypted=None,
        api_password_hash=secrets.hash_api_password(api_password),
    ).update(api_password_encrypted=encrypted_key(api_password))
