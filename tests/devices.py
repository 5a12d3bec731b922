"""Devices as rows, where a test needs one that nobody has to speak for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from itertools import count

from passwright import secrets
from passwright.data.models import Device

NUMBERS = count(1)


def device(
    pass_type_identifier: str = "pass.org.passwright.generic", *, token: str = "", wallet: str = "passbook"
) -> Device:
    """A new one, with ``token`` or one of its own as push token."""
    number = next(NUMBERS)
    token = token or f"{number:064x}"
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    return Device.objects.create(
        pass_type_identifier=pass_type_identifier,
        identifier_digest=hashlib.sha256(f"device {number}".encode()).digest(),
        push_token_encrypted=secrets.encrypt(token.encode(), label=secrets.PUSH_TOKEN_LABEL),
        push_token_digest=hashlib.sha256(token.encode()).digest(),
        wallet=wallet,
        device_os="ios" if wallet == "passbook" else "android",
        token_at=at,
        created_at=at,
    )


def token_of(device: Device) -> str:
    return secrets.decrypt(bytes(device.push_token_encrypted), label=secrets.PUSH_TOKEN_LABEL).decode()


def give_token(device: Device, token: str) -> None:
    """As when it registers again with another one."""
    device.push_token_encrypted = secrets.encrypt(token.encode(), label=secrets.PUSH_TOKEN_LABEL)
    device.push_token_digest = hashlib.sha256(token.encode()).digest()
    device.save()
