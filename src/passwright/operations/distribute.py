"""Give a visitor his own pass of a campaign."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from msgspec import UNSET
from msgspec.structs import replace

from passwright.data.models import Campaign, DistinctValue, Pass
from passwright.operations.attempts import attempt
from passwright.operations.distribution_rules import Returning
from passwright.operations.issue_pass import issue_pass
from passwright.operations.keep_holder_picture import HolderPicture, keep_holder_picture
from passwright.operations.leave_mail import Reason, leave_mail
from passwright.operations.one_per_answer import keep_answer
from passwright.operations.pass_content import PassWanted, Who
from passwright.operations.refusals import NotFound, PreconditionFailed, WrongValues
from passwright.operations.retrying import retried
from passwright.operations.smart_links import SmartLink
from passwright.passes.answers import Fault, holder_writes
from passwright.passes.content import DataType, Field, Revision
from passwright.queries.answers import mail_address_of
from passwright.queries.distributions import PublicCampaign
from passwright.settings import ENVIRONMENT

MADE_BY = "made by: form"
"""Under which it is kept which form made the pass of a smart link; see `one_per_answer.OF_LINKS`."""
NO_PICTURES: Mapping[str, HolderPicture] = {}


class WrongAnswers(Exception):
    """Some answers need a look. ``faults``: by the key of the field, what is wrong and what to do."""

    def __init__(self, faults: Mapping[str, tuple[Fault, ...]]) -> None:
        self.faults = dict(faults)
        super().__init__(", ".join(self.faults))


def wrong_answers(wrong: WrongValues, asked: Iterable[Field]) -> WrongAnswers:
    """What the form says of it. Raises WrongValues again if what is wrong was not asked for: the campaign changed."""
    if not wrong.faults.keys() <= {field.key for field in asked}:
        raise wrong
    return WrongAnswers(wrong.faults)


def asked_fields(revision: Revision, given: Container[str] = ()) -> tuple[Field, ...]:
    """The fields that the form asks a visitor for, in reading order. ``given``: the keys of what is known of him."""
    return tuple(field for field in revision.fields if holder_writes(field) and field.key not in given)


def typed_fields(revision: Revision) -> tuple[Field, ...]:
    """Those of them that are answered in letters: a picture stays as it was given."""
    return tuple(field for field in asked_fields(revision) if field.data_type is not DataType.IMAGE)


@retried
def claim_pass(
    *,
    campaign: PublicCampaign,
    pass_id: UUID,
    answers: Mapping[str, str],
    metadata: Mapping[str, str],
    at: datetime,
    smart_link: SmartLink | None = None,
    form: str = "",
    pictures: Mapping[str, HolderPicture] = NO_PICTURES,
    unusable: bool = False,
) -> bool:
    """Make the visitor's pass under this id; False if he has it already, also from a click at the same moment.

    ``smart_link``: what the issuer said of him; he is asked for the rest. ``form``: the number of the form that was
    sent, by which a browser is known again whose first click was not answered. ``pictures``: what he chose for fields
    that ask for one; kept with the pass, or not at all. ``unusable``: one of them cannot be read, so that there is no
    pass whatever the answers.

    Raises:
        WrongAnswers: if a required answer is missing or one does not read as its type; nothing is made.
        AnswerHasPass: if the link gives each answer one pass, and this one has one.
        passwright.operations.refusals.PreconditionFailed: if the campaign or the link was paused or archived meanwhile,
            or the link has given out all it may.
        passwright.operations.refusals.NotFound: if it was deleted meanwhile.
        passwright.operations.refusals.ValidationFailed: if it has changed so that there is no such pass.
    """
    wanted = wanted_pass(campaign, answers, smart_link)
    if not unusable and has_pass(campaign.campaign_id, pass_id):
        return False
    row = Campaign.objects.filter(id=campaign.campaign_id, deleted_at=None).first()
    if row is None:
        raise NotFound("Campaign")
    key = campaign.link.distinct_key if campaign.link.returning == Returning.PER_FIELD else None
    try:
        with transaction.atomic() if key or smart_link or pictures or unusable else nullcontext():
            made = issue_pass(
                campaign=row,
                wanted=with_pictures(wanted, row.organization_id, pictures, at),
                now=at,
                source="smart_link" if smart_link else "page",
                metadata=metadata,
                pass_id=pass_id,
                distribution_id=campaign.distribution_id,
            )
            if unusable:
                raise WrongAnswers({})
            if key:
                keep_answer(made, key)
            if smart_link:
                DistinctValue.objects.create(
                    campaign_id=made.campaign_id, key=MADE_BY, digest=digest_of_form(pass_id, form), holder=made
                )
    except WrongValues as wrong:
        raise wrong_answers(wrong, asked_fields(campaign.revision, smart_link.values if smart_link else {})) from None
    except IntegrityError:
        # Two clicks at once: the other one was quicker and has taken the id.
        if has_pass(campaign.campaign_id, pass_id):
            return False
        raise
    return True


def with_pictures(
    wanted: PassWanted, organization_id: UUID, pictures: Mapping[str, HolderPicture], at: datetime
) -> PassWanted:
    """The same, saying the ids of the pictures in the fields that they were chosen for."""
    ids = {
        key: str(keep_holder_picture(organization_id=organization_id, picture=picture, now=at).id)
        for key, picture in pictures.items()
    }
    return replace(wanted, values={**wanted.values, **ids}) if wanted.values is not UNSET else wanted


def wanted_pass(campaign: PublicCampaign, answers: Mapping[str, str], smart_link: SmartLink | None) -> PassWanted:
    """Raises: WrongAnswers, PreconditionFailed: as `unanswered` says."""
    given = smart_link.values if smart_link else {}
    said = {field.key: answers.get(field.key, "") for field in asked_fields(campaign.revision, given)}
    unanswered(campaign, said, given)
    return PassWanted(
        values=said | given,
        who=Who.HOLDER,
        granted=frozenset(given),
        external_id=smart_link.external_id if smart_link and smart_link.external_id else UNSET,
    )


def unanswered(campaign: PublicCampaign, said: Mapping[str, str], given: Mapping[str, object]) -> None:
    """Of a link that gives each answer one pass, nobody gets one without an answer.

    Raises:
        WrongAnswers: if it was left open.
        PreconditionFailed: if nothing asks for it any more.
    """
    key = campaign.link.distinct_key
    if campaign.link.returning != Returning.PER_FIELD or key in given:
        return
    if key is None or key not in said:
        raise PreconditionFailed({"distribution": "Nothing asks for the field of which one answer gets one pass."})
    if not said[key].strip():
        raise WrongAnswers({key: (Fault("The answer is missing. Fill it in."),)})


def was_made_by(pass_id: UUID, form: str) -> bool:
    """Whether a smart link's pass was made by this form."""
    return DistinctValue.objects.filter(holder_id=pass_id, key=MADE_BY, digest=digest_of_form(pass_id, form)).exists()


def digest_of_form(pass_id: UUID, form: str) -> bytes:
    return hashlib.sha256(pass_id.bytes + form.encode()).digest()


def has_pass(campaign_id: UUID, pass_id: UUID) -> bool:
    return Pass.objects.filter(id=pass_id, campaign_id=campaign_id).exists()


def send_links(*, pass_id: UUID, at: datetime) -> bool:
    """Have whoever has the pass sent its links, once an hour at most: whether he is, or was just now. Not to be called
    within a transaction.

    Of a pass that was given to somebody else nothing is sent: the address in it may still be the former holder's.
    """
    row = Pass.objects.select_related("campaign").filter(id=pass_id, campaign__deleted_at=None).first()
    if row is None or row.voided or row.link_id is not None or not ENVIRONMENT.sends_mail:
        return False
    if mail_address_of(row.campaign, row) is None:
        return False
    if attempt(who=b"links " + pass_id.bytes, limit=1, within=timedelta(hours=1), now=at):
        leave_mail(row=row, reason=Reason.CREATED)
    return True
