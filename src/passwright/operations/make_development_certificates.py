from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from passwright import secrets
from passwright.apple import certificate as apple
from passwright.apple import development
from passwright.data.models import Certificate, DevelopmentAuthority
from passwright.passes.content import Style

TEAM_IDENTIFIER = "PASSWRIGHT"
"""Ten characters, as Apple's."""

RENEW_BEFORE = timedelta(days=30)

KEY_LABEL = "certificate-key"
AUTHORITY_KEY_LABEL = "development-authority-key"

LOCK = 0x6465_7661
"""Of two processes that start at once, one makes the chain."""


def pass_type_identifier(style: Style) -> str:
    return f"pass.dev.passwright.{style.lower()}"


@transaction.atomic
def make_development_certificates(*, now: datetime) -> int:
    """Have one public certificate a style, so that passes can be made without an Apple account.

    Made on first use and again a month before they expire, by the same authority. A public certificate that
    somebody brought is left alone. Returns how many were made.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    public = {row.pass_type: row for row in Certificate.objects.filter(organization=None)}
    due = [style for style in Style if needs_one(public.get(style), now)]
    if not due:
        return 0
    authority = authority_of_installation(now)
    for style in due:
        issue(authority, style, public.get(style), now)
    return len(due)


def needs_one(row: Certificate | None, now: datetime) -> bool:
    return row is None or (row.development and row.expires_at - RENEW_BEFORE < now)


def authority_of_installation(now: datetime) -> development.DevelopmentAuthority:
    row = DevelopmentAuthority.objects.filter(id=1).first()
    if row is None:
        made = development.development_authority(now)
        DevelopmentAuthority.objects.create(
            root_pem=made.root_pem.decode(),
            intermediate_pem=made.intermediate_pem.decode(),
            key_encrypted=secrets.encrypt(made.intermediate_key_pem, label=AUTHORITY_KEY_LABEL),
            created_at=now,
        )
        return made
    return development.DevelopmentAuthority.from_pem(
        root=row.root_pem.encode(),
        intermediate=row.intermediate_pem.encode(),
        intermediate_key=secrets.decrypt(bytes(row.key_encrypted), label=AUTHORITY_KEY_LABEL),
    )


def issue(
    authority: development.DevelopmentAuthority, style: Style, replaced: Certificate | None, now: datetime
) -> None:
    """Write a new certificate, or put it in the place of the one that expires: its passes stay its own."""
    leaf = authority.issue(pass_type_identifier(style), TEAM_IDENTIFIER, "Passwright development", now)
    identity = apple.identity(leaf.certificate)
    row = replaced or Certificate(organization=None, pass_type=style, development=True, created_at=now)
    row.pass_type_identifier = identity.pass_type_identifier
    row.team_identifier = identity.team_identifier
    row.issued_to = identity.issued_to
    row.not_before = identity.not_before
    row.expires_at = identity.expires_at
    row.leaf_pem = leaf.certificate_pem.decode()
    row.intermediate_pem = leaf.intermediate_pem.decode()
    row.key_encrypted = secrets.encrypt(leaf.key_pem, label=KEY_LABEL)
    row.save()
