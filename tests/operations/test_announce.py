"""What devices are told of: one push a change, in its transaction, and none where a pass shows what it showed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from passwright.data.models import Campaign, Organization, Pass, Push
from passwright.operations.redeem_pass import redeem_pass
from passwright.operations.refusals import PreconditionFailed
from passwright.operations.reset_redeem import reset_redeem
from passwright.passes.content import ImageSlot, Location, Position, Style
from tests.operations.toys import (
    LATER,
    TOY_FIELDS,
    change,
    issue,
    merge,
    patch,
    picture,
    push,
    sent,
    tell,
    toy_maker,
    toy_town,
    undo,
)

pytestmark = pytest.mark.django_db

Act = Callable[[Campaign, Pass], object]


@pytest.fixture
def organization() -> Organization:
    return toy_maker()


def told(campaign: Campaign, row: Pass) -> list[tuple[str, str, bool, str]]:
    """Of whom, what, whether silently and with which message, oldest first."""
    whose = {None: "campaign", row.id: "pass"}
    pushes = Push.objects.filter(campaign=campaign).order_by("id")
    return [(whose[found.pass_id], found.kind, found.silent, found.message) for found in pushes]


def use(campaign: Campaign, row: Pass) -> Pass:
    return redeem_pass(campaign=campaign, pass_id=row.id, now=LATER)


def use_and_reset(campaign: Campaign, row: Pass) -> None:
    use(campaign, row)
    reset_redeem(campaign=campaign, pass_id=row.id, now=LATER)


def refused_use(campaign: Campaign, row: Pass) -> None:
    patch(campaign, row, voided=True)
    with pytest.raises(PreconditionFailed):
        use(campaign, row)


def update_merge_and_push(campaign: Campaign, row: Pass) -> None:
    change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    merge(campaign, message="Gold for all")
    change(campaign, fields=(sent("level", Position.AUXILIARY, value="Platinum"),))
    push(campaign, message="Platinum for all")
    undo(campaign)


UPDATED = ("pass", "updated", False, "")
SILENT = ("pass", "updated", True, "")
FAVORITE = (sent("favorite", Position.AUXILIARY, value="Trucks"),)

CASES: dict[str, tuple[Act, list[tuple[str, str, bool, str]]]] = {
    "a value": (lambda campaign, row: patch(campaign, row, fields=FAVORITE), [UPDATED]),
    "a value, told to nobody": (lambda campaign, row: patch(campaign, row, fields=FAVORITE, push=False), [SILENT]),
    "the same value again": (
        lambda campaign, row: [patch(campaign, row, fields=FAVORITE), patch(campaign, row, fields=FAVORITE)],
        [UPDATED],
    ),
    "nothing": (lambda campaign, row: patch(campaign, row), []),
    "several values in one update": (
        lambda campaign, row: patch(campaign, row, fields=(*FAVORITE, sent("level", Position.AUXILIARY, value="Gold"))),
        [UPDATED],
    ),
    "a hidden value": (
        lambda campaign, row: patch(campaign, row, fields=(sent("secret", Position.BACK, value="x"),)),
        [],
    ),
    "the client's own name": (lambda campaign, row: patch(campaign, row, external_id="A-1"), []),
    "places": (lambda campaign, row: patch(campaign, row, locations=(Location(latitude=1, longitude=2),)), [UPDATED]),
    "voided": (lambda campaign, row: patch(campaign, row, voided=True), [UPDATED]),
    "an expiry": (lambda campaign, row: patch(campaign, row, expiration_date=LATER), [UPDATED]),
    "a message": (lambda campaign, row: tell(campaign, row, "Hi"), [("pass", "pushed", False, "Hi")]),
    "a redeem": (use, [("pass", "redeemed", False, "")]),
    "a redeem that is refused": (refused_use, [UPDATED]),
    "a redeem and its reset": (use_and_reset, [("pass", "redeemed", False, ""), ("pass", "redeem_reset", False, "")]),
    "a reset of a pass that is valid": (
        lambda campaign, row: reset_redeem(campaign=campaign, pass_id=row.id, now=LATER),
        [],
    ),
    "an update of the campaign alone": (lambda campaign, row: change(campaign, logo_text="Toys"), []),
    "a merge, a push and its undoing": (
        update_merge_and_push,
        [
            ("campaign", "campaign_merged", False, "Gold for all"),
            ("campaign", "campaign_pushed", False, "Platinum for all"),
            ("campaign", "campaign_reset_undone", False, ""),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_told(organization: Organization, case: str) -> None:
    act, expected = CASES[case]
    campaign = toy_town(organization, fields=(*TOY_FIELDS, sent("secret", Position.BACK, hidden=True)))
    row = issue(campaign)
    act(campaign, row)
    assert told(campaign, row) == expected


def test_a_picture_is_told(organization: Organization) -> None:
    campaign = toy_town(organization)
    row = issue(campaign)
    patch(campaign, row, images={ImageSlot.THUMBNAIL: picture(organization, ImageSlot.THUMBNAIL, digest="bb")})
    assert told(campaign, row) == [UPDATED]


def test_a_redeem_that_leaves_the_pass_valid_shows_nothing_new(organization: Organization) -> None:
    campaign = toy_town(organization, style=Style.COUPON, allow_multiple_redeems=True)
    row = issue(campaign)
    assert use(campaign, row).redeemed_count == 1
    assert told(campaign, row) == []


def test_a_campaign_that_merges_on_update_tells_of_each(organization: Organization) -> None:
    campaign = toy_town(organization, merge_on_update=True)
    row = issue(campaign)
    change(campaign, logo_text="Toys")
    change(campaign, logo_text="Toys")
    assert told(campaign, row) == [("campaign", "campaign_merged", False, "")]


@pytest.mark.parametrize("act", [merge, push])
def test_a_campaign_without_passes_tells_nobody(organization: Organization, act: Callable[..., Any]) -> None:
    campaign = toy_town(organization)
    act(campaign, message="Hi")
    assert not Push.objects.exists()


def test_what_did_not_happen_is_not_told(organization: Organization) -> None:
    campaign = toy_town(organization)
    row = issue(campaign)

    def crash_after(act: Act) -> None:
        with transaction.atomic():
            act(campaign, row)
            raise ZeroDivisionError

    for act in (CASES["a value"][0], use, CASES["a merge, a push and its undoing"][0]):
        with pytest.raises(ZeroDivisionError):
            crash_after(act)
        campaign.refresh_from_db()
    assert told(campaign, row) == []
