from __future__ import annotations

from datetime import datetime

import structlog

from passwright.data.models import Notice

log = structlog.get_logger(__name__)

KIND = "mail_waits"


def warn_of_mail(*, why: str, now: datetime) -> None:
    """Tell the operator that e-mails wait: a notice for each cause and day, and a line in the log each time."""
    Notice.objects.get_or_create(
        subject=f"mail {now:%Y-%m-%d}: {why}",
        defaults={
            "kind": KIND,
            "text": f"E-mails to holders wait: {why}. Each is tried again for some days. Look at PASSWRIGHT_SMTP_URL.",
            "created_at": now,
        },
    )
    log.warning("mail_waits", why=why)
