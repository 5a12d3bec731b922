"""What webhooks are signed with, and the API key that they carry: kept encrypted, read only to send."""

from __future__ import annotations

import base64
import secrets as random

from passwright import secrets

SECRET_LABEL = "webhook secret"
KEY_LABEL = "API key"

SECRET_BYTES = 32
"""Standard Webhooks wants 24 to 64."""


def new_secret() -> str:
    """As Standard Webhooks write it: ``whsec_`` and base64."""
    return f"whsec_{base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()}"


def encrypted_secret(secret: str) -> bytes:
    return secrets.encrypt(secret.encode(), label=SECRET_LABEL)


def decrypted_secret(cipher: bytes | memoryview) -> str:
    return secrets.decrypt(bytes(cipher), label=SECRET_LABEL).decode()


def encrypted_key(api_password: str) -> bytes:
    return secrets.encrypt(api_password.encode(), label=KEY_LABEL)


def decrypted_key(cipher: bytes | memoryview) -> str:
    return secrets.decrypt(bytes(cipher), label=KEY_LABEL).decode()
