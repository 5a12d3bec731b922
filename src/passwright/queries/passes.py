"""What passes are there and what they say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from msgspec import Struct

from passwright import secrets
from passwright.data.models import Campaign, Pass
from passwright.data.postgresql.rows import Reader
from passwright.data.postgresql.statement import Statement
from passwright.passes.content import Content, Marks, Overrides, PassState, Revision
from passwright.passes.lay import lay, shown_epochs
from passwright.queries.campaigns import marks_of
from passwright.queries.revisions import revisions_at

NOTHING_OWN = Overrides()

reader = Reader(Pass)
ONE_PASS = Statement(
    "one_pass",
    f"SELECT {reader.columns} FROM pass WHERE id = $1 AND campaign_id = $2",  # noqa: S608 - nothing comes from outside
)


def pass_(campaign: Campaign, pass_id: UUID) -> Pass | None:
    """One pass of the campaign; None if there is none with that id."""
    cells = ONE_PASS.row(str(pass_id), str(campaign.id))
    if cells is None:
        return None
    row = reader.row(cells)
    row.campaign = campaign
    return row


def listing(campaign: Campaign) -> QuerySet[Pass]:
    """The campaign's passes, oldest first."""
    return Pass.objects.filter(campaign=campaign).order_by("created_at", "id")


def oldest_epoch(campaign: Campaign) -> int | None:
    """The least epoch at which a pass of the campaign was made; None if it has none.

    The first pass has it: epoch and ``created_at`` are taken together under the campaign's lock, and both only grow.
    """
    return listing(campaign).values_list("epoch", flat=True).first()


def by_page_token(token: str) -> Pass | None:
    """The pass (with its campaign) whose page the token opens; None if there is none, it was given to somebody else
    since, or its campaign is gone."""
    return opened(secrets.read_page_token(token))


def by_edit_token(token: str) -> Pass | None:
    """The same by the token with which a holder changes his pass."""
    return opened(secrets.read_edit_token(token))


def opened(opened_by: UUID | None) -> Pass | None:
    """By what its tokens stand for (`Pass.opened_by`)."""
    if opened_by is None:
        return None
    there = Pass.objects.select_related("campaign").filter(campaign__deleted_at=None)
    return there.filter(id=opened_by, link_id=None).first() or there.filter(link_id=opened_by).first()


def link_ids(pass_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of those that were given to somebody else: what their tokens stand for."""
    rows = Pass.objects.filter(id__in=pass_ids, link_id__isnull=False).values_list("id", "link_id")
    return {pass_id: link_id for pass_id, link_id in rows if link_id}


def content_of(campaign: Campaign, row: Pass) -> Content:
    """What the pass says."""
    return contents(campaign, [row])[0]


def contents(campaign: Campaign, passes: Sequence[Pass]) -> list[Content]:
    """What each of the campaign's passes says, in their order; one statement for all, or none."""
    return [content for content, _ in contents_over(campaign, passes)]


def contents_over(campaign: Campaign, passes: Sequence[Pass]) -> list[tuple[Content, Revision]]:
    """The same with the revision over which each pass lays its own."""
    parts = [
        PassParts(
            campaign.id,
            marks_of(campaign),
            overrides_of(row),
            state_of(row),
            campaign.push_message,
            campaign.push_message_epoch,
        )
        for row in passes
    ]
    return laid_over(parts)


class PassParts(Struct, frozen=True):
    """Everything `lay` needs but the revisions."""

    campaign_id: UUID
    marks: Marks
    overrides: Overrides
    state: PassState
    push_message: str
    push_message_epoch: int


def laid(passes: Sequence[PassParts]) -> list[Content]:
    return [content for content, _ in laid_over(passes)]


def laid_over(passes: Sequence[PassParts]) -> list[tuple[Content, Revision]]:
    shown = [shown_epochs(parts.state.made_at, parts.marks) for parts in passes]
    places = {
        (parts.campaign_id, epoch)
        for parts, epochs in zip(passes, shown, strict=True)
        for epoch in (epochs.content, epochs.locations, epochs.beacons)
    }
    revisions = revisions_at(places)
    return [
        (
            lay(
                revisions[parts.campaign_id, epochs.content],
                parts.overrides,
                parts.marks,
                parts.state,
                push_message=parts.push_message,
                push_message_epoch=parts.push_message_epoch,
                locations_of=revisions[parts.campaign_id, epochs.locations],
                beacons_of=revisions[parts.campaign_id, epochs.beacons],
            ),
            revisions[parts.campaign_id, epochs.content],
        )
        for parts, epochs in zip(passes, shown, strict=True)
    ]


def shown_revision(campaign: Campaign, row: Pass) -> Revision:
    """The revision whose fields and look the pass shows."""
    return shown_revisions(campaign, [row])[0]


def shown_revisions(campaign: Campaign, passes: Sequence[Pass]) -> list[Revision]:
    """The same of each of the campaign's passes, in their order."""
    marks = marks_of(campaign)
    places = [(campaign.id, shown_epochs(row.epoch, marks).content) for row in passes]
    revisions = revisions_at(places)
    return [revisions[place] for place in places]


def overrides_of(row: Pass) -> Overrides:
    return msgspec.convert(row.overrides, Overrides) if row.overrides else NOTHING_OWN


def state_of(row: Pass) -> PassState:
    return PassState(
        serial_number=str(row.serial_number),
        made_at=row.epoch,
        redeem_code=row.redeem_code,
        voided=row.voided,
        redeemed_count=row.redeemed_count,
        expiration_date=row.expiration_date,
        relevant_date=row.relevant_date,
        user_info=row.user_info or {},
    )


def updated_at(campaign: Campaign, row: Pass) -> datetime:
    """When the pass last changed, by itself or with all of its campaign."""
    return latest(row.updated_at, marks_of(campaign))


def latest(changed_at: datetime, marks: Marks) -> datetime:
    return max(changed_at, marks.at) if marks.at else changed_at
