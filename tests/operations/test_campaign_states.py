"""Published, paused, archived: which leads where, what follows, and what goes on in every state."""

from __future__ import annotations

from typing import Any

import pytest

from passwright.data.models import Campaign, Event, Organization, Tally
from passwright.operations.change_campaign_state import ARCHIVE, PAUSE, RESUME, Transition, change_campaign_state
from passwright.operations.refusals import NotFound, PreconditionFailed, WrongTransition
from passwright.passes.content import Position, Style
from passwright.queries.campaigns import distribution
from tests.operations.toys import (
    LATER,
    NOW,
    change,
    issue,
    merge,
    named,
    patch,
    push,
    sent,
    shown,
    tell,
    toy_maker,
    toy_town,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


@pytest.fixture
def campaign(organization: Organization) -> Campaign:
    return toy_town(organization)


def go(campaign: Campaign, transition: Transition) -> Campaign:
    return change_campaign_state(**named(campaign, LATER), transition=transition)


WAYS: list[tuple[str, Transition, str | None]] = [
    ("published", PAUSE, "paused"),
    ("published", RESUME, None),
    ("published", ARCHIVE, "archived"),
    ("paused", PAUSE, None),
    ("paused", RESUME, "published"),
    ("paused", ARCHIVE, "archived"),
    ("archived", PAUSE, None),
    ("archived", RESUME, None),
    ("archived", ARCHIVE, None),
]
REFUSALS = {
    ("published", "resume"): "Can't resume from published to publish",
    ("paused", "pause"): "Can't pause from paused to pause",
    ("archived", "pause"): "Can't pause from archived to pause",
    ("archived", "resume"): "Can't resume from archived to publish",
    ("archived", "archive"): "Can't archive from archived to archive",
}


@pytest.mark.parametrize(("state", "transition", "to"), WAYS, ids=lambda part: getattr(part, "event", str(part)))
def test_every_way(campaign: Campaign, state: str, transition: Transition, to: str | None) -> None:
    Campaign.objects.update(state=state)
    campaign.distributions.update(state=state)
    if to is None:
        with pytest.raises(WrongTransition) as refusal:
            go(campaign, transition)
        assert refusal.value.errors == [REFUSALS[state, transition.event]]
        assert not Event.objects.exclude(kind="campaign_created").exists()
        assert not Tally.objects.exists()
    else:
        assert go(campaign, transition).state == to
        assert Event.objects.latest("id").kind == transition.kind
        assert list(Tally.objects.values_list("counter", "amount", "day")) == [
            ("distribution_updates", 1, LATER.date())
        ]
    campaign.refresh_from_db()
    link = distribution(campaign)
    expected = (to, LATER) if to else (state, NOW)
    assert (campaign.state, campaign.updated_at) == (link.state, link.updated_at) == expected
    assert (link.published_at, campaign.epoch, campaign.version) == (NOW, 1, 1)


def test_kinds_of_events() -> None:
    assert [transition.kind.value for transition in (PAUSE, RESUME, ARCHIVE)] == [
        "campaign_paused",
        "campaign_resumed",
        "campaign_archived",
    ]


def test_only_the_owner_and_only_under_its_style(campaign: Campaign) -> None:
    asked: dict[str, Any] = {"campaign_id": campaign.id, "transition": PAUSE, "now": LATER}
    with pytest.raises(NotFound):
        change_campaign_state(organization=toy_maker("Others"), style=Style.GENERIC, **asked)
    with pytest.raises(NotFound):
        change_campaign_state(organization=campaign.organization, style=Style.COUPON, **asked)
    campaign.refresh_from_db()
    assert campaign.state == "published"


@pytest.mark.parametrize("transition", [PAUSE, ARCHIVE], ids=lambda transition: transition.event)
def test_passes_live_on_but_none_is_issued(campaign: Campaign, transition: Transition) -> None:
    row = issue(campaign)
    campaign = go(campaign, transition)
    with pytest.raises(PreconditionFailed) as refusal:
        issue(campaign)
    assert refusal.value.errors == {"campaign": f"Campaign is {campaign.state}: no passes can be issued."}
    patch(campaign, row, fields=(sent("favorite", Position.AUXILIARY, value="Trucks"),))
    campaign = change(campaign, fields=(sent("level", Position.AUXILIARY, value="Silver"),))
    assert shown(campaign, row) == {"member": None, "subtitle": None, "level": None, "favorite": "Trucks"}
    merge(campaign)
    assert shown(campaign, row)["level"] == "Silver"
    campaign = change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    push(campaign, "Hello!")
    assert shown(campaign, row) == {"member": None, "subtitle": None, "level": "Gold", "favorite": None}
    assert tell(campaign, row, "You!").version == 3
    campaign.refresh_from_db()
    assert (campaign.state, campaign.pass_count) == (transition.state, 1)


def test_a_resumed_campaign_issues_again(campaign: Campaign) -> None:
    stale = issue(campaign).campaign
    go(campaign, PAUSE)
    with pytest.raises(PreconditionFailed):
        issue(stale)  # read before it was paused
    go(campaign, RESUME)
    assert issue(stale).redeem_code == "0000002"
