"""Give a visitor his own pass of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from passwright.data.models import Campaign, Pass
from passwright.operations.issue_pass import issue_pass
from passwright.operations.keep_holder_picture import HolderPicture, keep_holder_picture
from passwright.operations.pass_content import PassWanted
from passwright.operations.refusals import NotFound
from passwright.passes.answers import fault_of
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, Field, Revision
from passwright.queries.distributions import PublicCampaign

NO_PICTURES: Mapping[str, HolderPicture] = {}


class WrongAnswers(Exception):
    """Some answers need a look. ``errors``: a sentence for each field's key."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(", ".join(self.errors))


def asked_fields(revision: Revision) -> tuple[Field, ...]:
    """The fields that the form asks a visitor for, in reading order."""
    return tuple(field for field in revision.fields if is_asked(field))


def is_asked(field: Field) -> bool:
    """Only what is kept per pass, by the visitor's hand."""
    kept_back = field.admin_only or field.hidden or field.generated
    return field.behaviour is Behaviour.DYNAMIC and not kept_back


def checked_answers(fields: tuple[Field, ...], answers: Mapping[str, str]) -> dict[str, str]:
    """The answers by key, without surrounding space; what was left open is not among them.

    Raises:
        WrongAnswers: with everything that is wrong.
    """
    given = {field.key: answers.get(field.key, "").replace("\r\n", "\n") for field in fields}
    faults = {field.key: fault for field in fields if (fault := fault_of(field, given[field.key]))}
    if faults:
        raise WrongAnswers(faults)
    return {key: answer.strip() for key, answer in given.items()}


def claim_pass(
    *,
    campaign: PublicCampaign,
    pass_id: UUID,
    answers: Mapping[str, str],
    metadata: Mapping[str, str],
    at: datetime,
    pictures: Mapping[str, HolderPicture] = NO_PICTURES,
    unusable: bool = False,
) -> bool:
    """Make the visitor's pass under this id; False if he has it already, also from a click at the same moment.

    ``pictures``: what he chose for fields that ask for one; kept with the pass, or not at all. ``unusable``: one of
    them cannot be read, so that there is no pass whatever the answers.

    Raises:
        WrongAnswers: if a required answer is missing or one does not read as its type; nothing is made.
        passwright.operations.refusals.PreconditionFailed: if the campaign was paused or archived meanwhile.
        passwright.operations.refusals.NotFound: if it was deleted meanwhile.
        passwright.operations.refusals.ValidationFailed: if it has changed so that there is no such pass.
    """
    fields = asked_fields(campaign.revision)
    checked = checked_answers(fields, answers)
    if unusable:
        raise WrongAnswers({})
    if has_pass(campaign.campaign_id, pass_id):
        return False
    row = Campaign.objects.filter(id=campaign.campaign_id, deleted_at=None).first()
    if row is None:
        raise NotFound("Campaign")
    try:
        with transaction.atomic():
            said = checked | kept_pictures(row.organization_id, pictures, at)
            sent = tuple(SentField(key=field.key, position=field.position, value=said[field.key]) for field in fields)
            issue_pass(
                campaign=row, wanted=PassWanted(fields=sent), now=at, source="page", metadata=metadata, pass_id=pass_id
            )
    except IntegrityError:
        # Two clicks at once: the other one was quicker and has taken the id.
        if has_pass(campaign.campaign_id, pass_id):
            return False
        raise
    return True


def kept_pictures(organization_id: UUID, pictures: Mapping[str, HolderPicture], at: datetime) -> dict[str, str]:
    """The pictures' ids by key: what the pass says in these fields."""
    return {
        key: str(keep_holder_picture(organization_id=organization_id, picture=picture, now=at).id)
        for key, picture in pictures.items()
    }


def has_pass(campaign_id: UUID, pass_id: UUID) -> bool:
    return Pass.objects.filter(id=pass_id, campaign_id=campaign_id).exists()
