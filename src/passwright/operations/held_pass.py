"""What a holder may do with his pass, looked at while nobody else can change it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from passwright.data.models import Campaign, Pass
from passwright.operations.refusals import NotFound
from passwright.operations.update_pass import held_campaign


class May(StrEnum):
    """What a campaign can let holders do, as its settings say it."""

    UPDATE = "allow_update"
    DELETE = "allow_delete"
    TRANSFER = "allow_transfer"


class Why(StrEnum):
    """Why a holder may not."""

    NOT_ALLOWED = "not allowed"
    GIVEN_UP = "given up"
    VOIDED = "voided"
    EXPIRED = "expired"


class HolderMayNot(Exception):
    """The campaign does not let holders do this, or the pass counts no more."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why.value)


def why_not(campaign: Campaign, row: Pass, what: May, now: datetime) -> Why | None:
    """Why the holder may not do ``what``; None if he may."""
    if row.given_up:
        return Why.GIVEN_UP
    if not getattr(campaign, what.value):
        return Why.NOT_ALLOWED
    if row.voided:
        return Why.VOIDED
    return Why.EXPIRED if row.expiration_date and row.expiration_date <= now else None


def held_pass(opened_by: UUID, what: May, now: datetime) -> Pass:
    """The pass and its campaign, the pass locked and the campaign held until the caller's transaction ends.

    ``opened_by``: what the holder's token stands for (`Pass.opened_by`).

    Raises:
        NotFound: if there is no such pass, it was given to somebody else, or its campaign is gone.
        HolderMayNot: if this holder may not do this now.
    """
    mine = Q(id=opened_by, link_id=None) | Q(link_id=opened_by)
    row = Pass.objects.select_for_update().filter(mine).first()
    if row is None:
        raise NotFound("Pass")
    campaign = held_campaign(row.campaign_id)
    if why := why_not(campaign, row, what, now):
        raise HolderMayNot(why)
    row.campaign = campaign
    return row
