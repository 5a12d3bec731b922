"""One answer, one pass: of a link that gives each answer to one of its questions one pass.

What was answered is kept as a digest beside the pass, under a constraint: of two who answer the same at once one waits
for the other, and then has none. Where the pass says something else by now, the answer is free again.
"""

from __future__ import annotations

import hashlib
import unicodedata
from uuid import UUID

from django.db import IntegrityError, transaction

from passwright.data.models import DistinctValue, Pass
from passwright.operations.campaign_content import violated
from passwright.queries.passes import overrides_of

OF_LINKS = "link: "
"""Before the key of a field, so that these are told from values of which the campaign itself wants no second."""


class AnswerHasPass(Exception):
    """Somebody has a pass with this answer. Who asks may be somebody else: he is not shown it."""

    def __init__(self, pass_id: UUID) -> None:
        self.pass_id = pass_id
        super().__init__("there is a pass with this answer")


def keep_answer(row: Pass, key: str) -> None:
    """Keep what the new pass says in the field, in the transaction that makes it.

    Raises:
        AnswerHasPass: if another pass has it; the caller's transaction has to end with it.
    """
    answer = digest_of_answer(row, key)
    holder = taken_by(row, key, answer) if answer else None
    if holder is not None:
        raise AnswerHasPass(holder)


def taken_by(row: Pass, key: str, answer: bytes) -> UUID | None:
    """Whose the answer is; None if it is this pass's from now on."""
    mine = DistinctValue(campaign_id=row.campaign_id, key=OF_LINKS + key, digest=answer, holder=row)
    for _again in range(3):
        try:
            with transaction.atomic():
                mine.save(force_insert=True)
            return None
        except IntegrityError as error:
            if violated(error) != "distinct_value_of_campaign":
                raise
        others = DistinctValue.objects.filter(campaign_id=row.campaign_id, key=mine.key, digest=answer)
        other = others.select_for_update(of=("self",)).select_related("holder").first()
        if other is None:  # it went meanwhile
            continue
        if digest_of_answer(other.holder, key) == answer and not other.holder.given_up:
            return other.holder_id
        other.delete()
    raise AssertionError("an answer is taken and let go of without end")


def digest_of_answer(row: Pass, key: str) -> bytes | None:
    """SHA-256 of what the pass itself says in the field, however it is written; None if it says nothing there."""
    said = next((each.value for each in overrides_of(row).fields if each.key == key and each.value), None)
    text = " ".join(unicodedata.normalize("NFKC", said or "").casefold().split())
    return hashlib.sha256(text.encode()).digest() if text else None


def answer_changed(row: Pass) -> None:
    """A pass says something else from now on: the answer it had is free, and the new one is its own unless it is
    another's already. In the transaction that changes the pass."""
    for kept in DistinctValue.objects.filter(holder=row, key__startswith=OF_LINKS):
        key = kept.key.removeprefix(OF_LINKS)
        answer = digest_of_answer(row, key)
        if answer != bytes(kept.digest):
            kept.delete()
            if answer is not None:
                taken_by(row, key, answer)
