"""Send a holder the links of his pass: the job of `operations.leave_mail`."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import structlog
from msgspec import Struct

from passwright import mail
from passwright.data.models import Pass
from passwright.interfaces.mail.letters import letter_to
from passwright.operations.attempts import attempt
from passwright.operations.leave_mail import WITHIN, Reason, is_written_to, opened_address
from passwright.operations.warn_of_mail import warn_of_mail
from passwright.queries.answers import mail_address_of
from passwright.queries.distributions import campaign_of_pass
from passwright.queries.passes import content_of
from passwright.settings import ENVIRONMENT

log = structlog.get_logger("passwright.mail")

MOST_OF_A_PASS = 3


class Try(Struct, frozen=True, kw_only=True):
    """Of one job: whether it is the first, and the last that there will be."""

    job_id: int
    first: bool
    last: bool


def send_pass_links(*, pass_id: UUID, opened_by: UUID, reason: Reason, to: str | None, this: Try, at: datetime) -> bool:
    """Whether the e-mail was handed to the mail server. ``to``: a sealed address, if not that in the pass.

    What cannot be sent at all, or not to this pass or address any more, is left with a line in the log.

    Raises:
        passwright.mail.MailWaits: if it may go later and this is not the last try.
    """
    row = Pass.objects.select_related("campaign").filter(id=pass_id, campaign__deleted_at=None).first()
    if row is None or row.opened_by != opened_by or row.voided or not ENVIRONMENT.sends_mail:
        return left(pass_id, "the pass is gone, was given to somebody else or counts no more")
    address = mail.mailable(opened_address(to) if to else mail_address_of(row.campaign, row) or "")
    public = campaign_of_pass(pass_id)
    if address is None or public is None:
        return left(pass_id, "there is no address that can be written to")
    # What a former holder has sent was counted when he did: his own links are gone since then.
    counted = reason is Reason.TRANSFERRED or not this.first
    if not counted and not (allowed(f"mail of {pass_id}", MOST_OF_A_PASS, at) and is_written_to(address, at)):
        return left(pass_id, "too many e-mails today")
    letter = letter_to(
        row=row,
        content=content_of(row.campaign, row),
        link=public.distribution_token,
        issuer=public.issuer,
        reason=reason,
        to=address,
        sender=mail.sender(),
        name=hashlib.sha256(f"{this.job_id} {pass_id}".encode()).hexdigest()[:32],
        at=at,
    )
    try:
        mail.send(letter)
    except mail.MailRefused as refusal:
        return left(pass_id, str(refusal))
    except mail.MailWaits as waits:
        warn_of_mail(why=waits.why, now=at)
        if this.last:
            return left(pass_id, waits.why)
        raise
    log.info("mail_sent", pass_id=str(pass_id), reason=reason.value)
    return True


def left(pass_id: UUID, why: str) -> bool:
    log.warning("mail_not_sent", pass_id=str(pass_id), why=why)
    return False


def allowed(what: str, limit: int, at: datetime) -> bool:
    return attempt(who=what.encode(), limit=limit, within=WITHIN, now=at)
