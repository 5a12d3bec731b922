from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from passwright.data.models import Certificate, Notice

log = structlog.get_logger(__name__)

KIND = "certificate_expires"
DAYS = (0, 7, 30, 60)
"""Before its end a certificate is warned of; 0: it has expired."""

WHAT_TO_DO = (
    "Installed passes stay, but from then on none can be made, fetched or updated. Renew it in Apple's portal and "
    "import it again (passwright certificate import)."
)


def warn_of_certificates(*, now: datetime) -> int:
    """Write a notice for each certificate that expires within 60, 30 or 7 days, or has expired: one for each step, and
    only for the latest when some were missed. A certificate that was renewed starts anew.

    Development certificates renew themselves and are left out. Safe beside itself and as often as one likes. Returns
    how many notices were written.
    """
    due = Certificate.objects.filter(development=False, expires_at__lte=now + timedelta(days=DAYS[-1]))
    return sum(warn(row, now) for row in due.order_by("expires_at", "id"))


def forget_warnings(row: Certificate) -> None:
    """It was renewed: there is nothing to do any more. In the caller's transaction."""
    Notice.objects.filter(kind=KIND, subject__startswith=f"{subject_of(row)} ").delete()


def subject_of(row: Certificate) -> str:
    return f"certificate {row.id}"


def warn(row: Certificate, now: datetime) -> bool:
    """Whether nobody had been warned of this step."""
    step = next(days for days in DAYS if row.expires_at <= now + timedelta(days=days))
    _, made = Notice.objects.get_or_create(
        subject=f"{subject_of(row)} until {row.expires_at:%Y-%m-%dT%H:%M:%SZ}:{step}",
        defaults={
            "organization_id": row.organization_id,
            "kind": KIND,
            "text": text(row, now),
            "created_at": now,
        },
    )
    if made:
        log.warning(
            "certificate_has_expired" if step == 0 else "certificate_expires_soon",
            certificate=str(row.id),
            pass_type_identifier=row.pass_type_identifier,
            expires_at=row.expires_at.isoformat(),
        )
    return made


def text(row: Certificate, now: datetime) -> str:
    day = f"{row.expires_at:%-d %b %Y}"
    if row.expires_at <= now:
        return f"The certificate of {row.pass_type_identifier} expired on {day}. {WHAT_TO_DO}"
    days = -(-(row.expires_at - now) // timedelta(days=1))
    within = "1 day" if days == 1 else f"{days} days"
    return f"The certificate of {row.pass_type_identifier} expires on {day}, in {within}. {WHAT_TO_DO}"
