"""Give a visitor his own pass of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from passwright.data.models import Campaign, Pass
from passwright.operations.issue_pass import issue_pass
from passwright.operations.pass_content import PassWanted, Who
from passwright.operations.refusals import NotFound, WrongValues
from passwright.passes.answers import holder_writes
from passwright.passes.content import DataType, Field, Revision
from passwright.queries.distributions import PublicCampaign

NOT_TYPED = frozenset({DataType.IMAGE, DataType.LOCATIONS})
"""What a text input cannot ask for."""


class WrongAnswers(Exception):
    """Some answers need a look. ``errors``: a sentence for each field's key."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(", ".join(self.errors))


def asked_fields(revision: Revision) -> tuple[Field, ...]:
    """The fields that the form asks a visitor for, in reading order."""
    return tuple(field for field in revision.fields if is_asked(field))


def is_asked(field: Field) -> bool:
    """Only what is kept per pass, by the visitor's hand, in letters."""
    return holder_writes(field) and field.data_type not in NOT_TYPED


def claim_pass(
    *, campaign: PublicCampaign, pass_id: UUID, answers: Mapping[str, str], metadata: Mapping[str, str], at: datetime
) -> bool:
    """Make the visitor's pass under this id; False if he has it already, also from a click at the same moment.

    Raises:
        WrongAnswers: if a required answer is missing or one does not read as its type; nothing is made.
        passwright.operations.refusals.PreconditionFailed: if the campaign was paused or archived meanwhile.
        passwright.operations.refusals.NotFound: if it was deleted meanwhile.
        passwright.operations.refusals.ValidationFailed: if it has changed so that there is no such pass.
    """
    if has_pass(campaign.campaign_id, pass_id):
        return False
    row = Campaign.objects.filter(id=campaign.campaign_id, deleted_at=None).first()
    if row is None:
        raise NotFound("Campaign")
    said = {field.key: answers.get(field.key, "") for field in asked_fields(campaign.revision)}
    wanted = PassWanted(values=said, who=Who.HOLDER)
    try:
        issue_pass(campaign=row, wanted=wanted, now=at, source="page", metadata=metadata, pass_id=pass_id)
    except WrongValues as wrong:
        if not wrong.faults.keys() <= said.keys():
            raise  # what is wrong was not asked for: the campaign has changed meanwhile
        raise WrongAnswers({key: " ".join(map(str, faults)) for key, faults in wrong.faults.items()}) from None
    except IntegrityError:
        # Two clicks at once: the other one was quicker and has taken the id.
        if has_pass(campaign.campaign_id, pass_id):
            return False
        raise
    return True


def has_pass(campaign_id: UUID, pass_id: UUID) -> bool:
    return Pass.objects.filter(id=pass_id, campaign_id=campaign_id).exists()
