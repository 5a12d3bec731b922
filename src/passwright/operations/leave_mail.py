"""Have a holder written to, in the transaction that makes there something to write: lost and found with it."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from enum import StrEnum

from passwright import mail, queue, secrets
from passwright.data.models import Campaign, Pass
from passwright.operations.attempts import attempt
from passwright.queries.answers import mail_address_of
from passwright.settings import ENVIRONMENT

TASK = "send_pass_links"
ADDRESS_LABEL = "mail address"
MOST_TO_AN_ADDRESS = 5
WITHIN = timedelta(days=1)


class Reason(StrEnum):
    """Why a holder is written to."""

    CREATED = "created"
    TRANSFERRED = "transferred"


BY_HOLDERS = frozenset({"page", "remote_form", "smart_link"})
"""Sources of passes whose holders came for them, and typed their address or followed a link that knew it."""


def confirms(campaign: Campaign, source: str) -> bool:
    """Whether the holder of a pass from there is sent its links, if he said where to."""
    return campaign.confirm_by_email and source in BY_HOLDERS and ENVIRONMENT.sends_mail


def confirm(row: Pass, source: str) -> None:
    """Send the holder of a new pass its links, if that is wanted."""
    if confirms(row.campaign, source) and mail_address_of(row.campaign, row):
        leave_mail(row=row, reason=Reason.CREATED)


def leave_mail(*, row: Pass, reason: Reason, to: str | None = None) -> None:
    """One e-mail with the links of a pass, if this installation sends any.

    ``to``: to whom, if not to the address in the pass. It stands encrypted in the job, which is logged and kept.
    ``opened_by`` goes with it: links that a later holder has are not sent to an earlier one.
    """
    if not ENVIRONMENT.sends_mail:
        return
    sealed = base64.b64encode(secrets.encrypt(to.encode(), label=ADDRESS_LABEL)).decode() if to else None
    queue.defer(TASK, pass_id=str(row.id), opened_by=str(row.opened_by), reason=reason.value, to=sealed)


def is_written_to(address: str, now: datetime) -> bool:
    """Whether one more e-mail goes to the address today, which is counted. Not to be called within a transaction."""
    mailable = mail.mailable(address)
    if mailable is None:
        return False
    who = f"mail to {mailable.lower()}".encode()
    return attempt(who=who, limit=MOST_TO_AN_ADDRESS, within=WITHIN, now=now)


def opened_address(sealed: str) -> str:
    """Raises: passwright.secrets.WrongSecret: if it was sealed with another installation's key."""
    return secrets.decrypt(base64.b64decode(sealed), label=ADDRESS_LABEL).decode()
