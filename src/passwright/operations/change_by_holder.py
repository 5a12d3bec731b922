from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from passwright.data.models import Pass
from passwright.operations.distribute import typed_fields, wrong_answers
from passwright.operations.held_pass import May, held_pass
from passwright.operations.pass_content import PassWanted, Who, taken
from passwright.operations.refusals import WrongValues
from passwright.operations.retrying import retried
from passwright.operations.update_pass import updated_pass
from passwright.passes.content import Field
from passwright.queries.answers import answers_of, seen
from passwright.queries.passes import shown_revision


class ChangedMeanwhile(Exception):
    """The answers are others than the holder saw when he began: he looks at them first. Nothing was changed."""


@retried
def change_by_holder(
    *, opened_by: UUID, answers: Mapping[str, str], saw: str | None = None, now: datetime
) -> tuple[Pass, bool]:
    """Change what the holder says of himself: one version and one push, or none if he says the same again.

    ``saw``: what `queries.answers.seen` said of the answers when he was shown them; None to change them in any case.
    Returns the pass, and whether anything changed.

    Raises:
        passwright.operations.refusals.NotFound: as `held_pass` says.
        passwright.operations.held_pass.HolderMayNot: likewise.
        passwright.operations.distribute.WrongAnswers: if some need a look; nothing is changed.
        ChangedMeanwhile: if he saw others than there are.
    """
    try:
        with transaction.atomic():
            row = held_pass(opened_by, May.UPDATE, now)
            campaign, revision = row.campaign, shown_revision(row.campaign, row)
            fields = typed_fields(revision)
            now_said = editable(fields, answers_of(campaign, row))
            said = {key: text.replace("\r\n", "\n").strip() for key, text in editable(fields, answers).items()}
            if said == now_said:
                return row, False
            if saw is not None and saw != seen(now_said):
                raise ChangedMeanwhile(ChangedMeanwhile.__doc__)
            last = row.updated_at
            changed = updated_pass(campaign, row, PassWanted(values=dict(said), who=Who.HOLDER), now)
            return changed, changed.updated_at != last
    except WrongValues as wrong:
        raise wrong_answers(wrong, typed_fields(revision)) from None
    except IntegrityError as error:
        raise taken(error) or error from None


def editable(fields: tuple[Field, ...], answers: Mapping[str, str]) -> dict[str, str]:
    """What holders are asked for, of what a pass keeps."""
    return {field.key: answers.get(field.key, "") for field in fields}
