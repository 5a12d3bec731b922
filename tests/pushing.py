"""Certificates that a push service lets in, and a sender that pushes to a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from passwright import secrets
from passwright.apple.development import DevelopmentAuthority, development_authority
from passwright.data.models import Certificate, Organization
from passwright.operations.make_development_certificates import KEY_LABEL
from passwright.operations.send_pushes import PushSender
from passwright.phone.push_service import PushService
from passwright.transport import roots_with

TEAM = "TEAM123456"


@cache
def authority() -> DevelopmentAuthority:
    return development_authority(datetime.now(UTC))


def certificate(
    organization: Organization, identifier: str, *, by: DevelopmentAuthority | None = None, **parts: object
) -> Certificate:
    """One of the organization with a real key, by an authority that `push_service` trusts, or by another."""
    now = datetime.now(UTC)
    made = (by or authority()).issue(identifier, TEAM, "Toys", now)
    values = {
        "organization": organization,
        "pass_type_identifier": identifier,
        "team_identifier": TEAM,
        "issued_to": "Toys",
        "not_before": now - timedelta(days=30),
        "expires_at": now + timedelta(days=365),
        "leaf_pem": made.certificate_pem.decode(),
        "intermediate_pem": made.intermediate_pem.decode(),
        "key_encrypted": secrets.encrypt(made.key_pem, label=KEY_LABEL),
        "created_at": now,
    }
    return Certificate.objects.create(**(values | parts))


def push_service(*, knows_all: bool = True, concurrent_streams: int = 1000) -> PushService:
    return PushService(
        client_authorities=authority().root_pem, knows_all=knows_all, concurrent_streams=concurrent_streams
    )


def sender_to(service: PushService, folder: Path, *, clock: Callable[[], datetime]) -> PushSender:
    roots = service.write_root(folder / f"root-{service.port}.pem")
    return PushSender(url=service.url, roots=roots_with(roots), clock=clock)
