"""What merges, pushes, resets and messages do to passes that were issued before: a table, and what is beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passwright.data.models import Campaign, CampaignRevision, Event, Organization, Pass
from passwright.operations import deliver
from passwright.operations.delete_pass import delete_pass
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.passes.content import Beacon, Behaviour, Content, ImageSlot, Location, Position, Style
from passwright.passes.lay import MOST_RESETS
from passwright.passes.messages import INVISIBLE
from passwright.queries import passes
from passwright.queries.campaigns import marks_of
from tests.operations.toys import (
    LATER,
    NOW,
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

FIXED, DYNAMIC, OWN, NEW = "level", "member", "mine", "new"
HERE, THERE, ELSEWHERE = (Location(latitude=place, longitude=place) for place in (1, 2, 3))
NEAR, FAR, NEXT = (
    Beacon(proximity_uuid=f"b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab{number}", major=number) for number in (1, 2, 3)
)
LATEST = LATER + timedelta(hours=1)
Action = Callable[[Campaign], object]


def everything_of_its_own(organization: Organization, style: Style, **settings: Any) -> tuple[Campaign, Pass]:
    """A campaign, and a pass that says something else about each part."""
    campaign = toy_town(
        organization,
        style=style,
        fields=(
            sent(FIXED, Position.AUXILIARY, value="Bronze", label="LEVEL"),
            sent(DYNAMIC, Position.PRIMARY, value="Somebody", label="MEMBER", behaviour=Behaviour.DYNAMIC),
        ),
        locations=(HERE,),
        beacons=(NEAR,),
        max_distance=10,
        **settings,
    )
    row = issue(
        campaign,
        fields=(
            sent(FIXED, Position.AUXILIARY, value="Own level", label="OWN LEVEL"),
            sent(DYNAMIC, Position.PRIMARY, value="Johnny", label="OWN MEMBER"),
            sent(OWN, Position.BACK, value="Own field"),
        ),
        images={ImageSlot.THUMBNAIL: picture(organization, ImageSlot.THUMBNAIL, digest="bb")},
        locations=(ELSEWHERE,),
        beacons=(NEXT,),
        max_distance=30,
        user_info={"id": 7},
    )
    return campaign, row


def changed(campaign: Campaign) -> Campaign:
    """Another content in each part."""
    return change(
        campaign,
        fields=(
            sent(FIXED, Position.AUXILIARY, value="Gold", label="NEW LEVEL"),
            sent(DYNAMIC, Position.PRIMARY, value="Anybody", label="NEW MEMBER"),
            sent(NEW, Position.BACK, value="New field"),
        ),
        locations=(THERE,),
        beacons=(FAR,),
        max_distance=20,
        logo_text="New Town",
    )


def content(campaign: Campaign, row: Pass) -> Content:
    campaign.refresh_from_db()
    row.refresh_from_db()
    return passes.content_of(campaign, row)


def says(campaign: Campaign, row: Pass) -> dict[str, Any]:
    said = content(campaign, row)
    fields = {field.key: field for field in said.fields}
    thumbnail = said.look.images.get(ImageSlot.THUMBNAIL)
    return {
        "fixed": (fields[FIXED].value, fields[FIXED].label),
        "dynamic": (fields[DYNAMIC].value, fields[DYNAMIC].label),
        "own": fields[OWN].value if OWN in fields else None,
        "new": fields[NEW].value if NEW in fields else None,
        "logo": said.look.logo_text,
        "thumbnail": thumbnail.digest if thumbnail else None,
        "places": (said.locations, said.max_distance),
        "beacons": said.beacons,
    }


AS_IT_WAS: dict[str, Any] = {
    "fixed": ("Own level", "OWN LEVEL"),
    "dynamic": ("Johnny", "OWN MEMBER"),
    "own": "Own field",
    "new": None,
    "logo": "Toy Town",
    "thumbnail": "bb",
    "places": ((ELSEWHERE,), 30),
    "beacons": (NEXT,),
}
MERGED = {
    **AS_IT_WAS,
    "fixed": ("Gold", "NEW LEVEL"),
    "dynamic": ("Johnny", "NEW MEMBER"),
    "new": "New field",
    "logo": "New Town",
    "places": ((THERE,), 20),
    "beacons": (FAR,),
}
RESET = {**MERGED, "dynamic": ("Anybody", "NEW MEMBER"), "own": None, "thumbnail": None}
KEPT_PLACES, KEPT_BEACONS = {"places": AS_IT_WAS["places"]}, {"beacons": AS_IT_WAS["beacons"]}


def push_only(campaign: Campaign) -> object:
    return push(campaign, reset=False)


def undo_if_possible(campaign: Campaign) -> object:
    """Nothing is undone where nothing was reset."""
    try:
        return undo(campaign)
    except PreconditionFailed:
        return None


CASES: list[tuple[str, tuple[Action, ...], dict[str, bool], dict[str, Any], dict[str, Any]]] = [
    # what happens after the update, settings, what a generic pass says then, what a coupon says then
    ("nothing", (), {}, AS_IT_WAS, AS_IT_WAS),
    ("merge", (merge,), {}, MERGED, MERGED),
    ("merge twice", (merge, merge), {}, MERGED, MERGED),
    (
        "merge without locations",
        (merge,),
        {"sync_locations_on_merge": False},
        {**MERGED, **KEPT_PLACES},
        {**MERGED, **KEPT_PLACES},
    ),
    (
        "merge without beacons",
        (merge,),
        {"sync_beacons_on_merge": False},
        {**MERGED, **KEPT_BEACONS},
        {**MERGED, **KEPT_BEACONS},
    ),
    (
        "merge without places",
        (merge,),
        {"sync_locations_on_merge": False, "sync_beacons_on_merge": False},
        {**MERGED, **KEPT_PLACES, **KEPT_BEACONS},
        {**MERGED, **KEPT_PLACES, **KEPT_BEACONS},
    ),
    ("push", (push,), {}, RESET, AS_IT_WAS),
    ("push twice", (push, push), {}, RESET, AS_IT_WAS),
    ("push brings places whatever the flags", (push,), {"sync_locations_on_merge": False}, RESET, AS_IT_WAS),
    ("push only", (push_only,), {}, AS_IT_WAS, AS_IT_WAS),
    ("push, undo", (push, undo_if_possible), {}, AS_IT_WAS, AS_IT_WAS),
    ("push, undo, push", (push, undo_if_possible, push), {}, RESET, AS_IT_WAS),
    ("push, merge", (push, merge), {}, RESET, MERGED),
    ("push, merge, undo", (push, merge, undo_if_possible), {}, MERGED, MERGED),
    ("merge, push: the pass is current", (merge, push), {}, MERGED, MERGED),
    ("merge, push, undo: nothing to undo", (merge, push, undo_if_possible), {}, MERGED, MERGED),
]


@pytest.mark.parametrize("style", [Style.GENERIC, Style.COUPON])
@pytest.mark.parametrize(
    ("actions", "settings", "generic", "coupon"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_the_pass_says(
    style: Style,
    actions: tuple[Action, ...],
    settings: dict[str, bool],
    generic: dict[str, Any],
    coupon: dict[str, Any],
) -> None:
    campaign, row = everything_of_its_own(toy_maker(), style, **settings)
    row.refresh_from_db()
    kept = (row.serial_number, row.redeem_code, row.overrides, row.updated_at, row.version)
    campaign = changed(campaign)
    for action in actions:
        action(campaign)
    assert says(campaign, row) == (coupon if style is Style.COUPON else generic)
    assert (row.serial_number, row.redeem_code, row.overrides, row.updated_at, row.version) == kept
    said = content(campaign, row)
    assert (said.barcode.message, said.user_info) == (row.redeem_code, {"id": 7})


@pytest.mark.parametrize("style", list(Style))
def test_every_type_but_coupons_is_reset(style: Style) -> None:
    boards: dict[str, Any] = {"transit_type": "air"} if style is Style.BOARDING_PASS else {}
    campaign = toy_town(toy_maker(), style=style, **boards)
    row = issue(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Johnny"),))
    campaign = change(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Anybody"),))
    push(campaign)
    values = {field.key: field.value for field in content(campaign, row).fields}
    assert values[DYNAMIC] == ("Johnny" if style is Style.COUPON else "Anybody")


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


@pytest.fixture
def campaign(organization: Organization) -> Campaign:
    return toy_town(organization)


def happened(campaign: Campaign) -> list[tuple[str, Any]]:
    return list(
        Event.objects.filter(campaign=campaign).exclude(kind="created").order_by("id").values_list("kind", "extra")
    )[1:]


# --- one row is written ----------------------------------------------------------------------------------------------


def written(captured: CaptureQueriesContext) -> list[str]:
    """The first words of the statements that change something."""
    statements = [str(query["sql"]) for query in captured.captured_queries]
    return [" ".join(sql.split()[:3]) for sql in statements if sql.split()[0] in {"UPDATE", "INSERT", "DELETE"}]


@pytest.mark.parametrize("action", [merge, push], ids=["merge", "push"])
def test_one_row_changes_however_many_passes_there_are(campaign: Campaign, action: Action) -> None:
    for _ in range(4):
        issue(campaign)
    rows = list(Pass.objects.order_by("id").values())
    campaign = change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    with CaptureQueriesContext(connection) as captured:
        action(campaign)
    assert sorted(written(captured)) == ['INSERT INTO "event"', 'INSERT INTO "push"', 'UPDATE "campaign" SET']
    assert list(Pass.objects.order_by("id").values()) == rows


@pytest.mark.parametrize("action", [merge, push], ids=["merge", "push"])
def test_without_passes_nothing_is_written(campaign: Campaign, action: Action) -> None:
    gone = issue(campaign)
    delete_pass(campaign=campaign, pass_id=gone.id, now=NOW)
    before = Campaign.objects.values().get(id=campaign.id), Event.objects.count()
    with CaptureQueriesContext(connection) as captured:
        action(campaign)
    assert written(captured) == []
    assert (Campaign.objects.values().get(id=campaign.id), Event.objects.count()) == before


def test_what_happened_is_told(campaign: Campaign) -> None:
    issue(campaign)
    change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    push(campaign, "Look!")
    undo(campaign)
    merge(campaign)
    merge(campaign, "Merged!")
    push(campaign, reset=False)
    assert happened(campaign) == [
        ("campaign_updated", {"changed": ["fields"]}),
        ("campaign_pushed", {"reset": True, "message": "Look!"}),
        ("campaign_reset_undone", None),
        ("campaign_merged", None),
        ("campaign_merged", {"message": "Merged!"}),
        ("campaign_pushed", {"reset": False}),
    ]
    campaign.refresh_from_db()
    assert campaign.version == 1 + 5


def test_merging_on_update_is_a_merge(organization: Organization) -> None:
    campaign = toy_town(organization, merge_on_update=True)
    change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Silver"),))
    issue(campaign)
    change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    change(campaign, og=False)
    assert [kind for kind, _ in happened(campaign)] == [
        "campaign_updated",
        "campaign_updated",
        "campaign_merged",
        "campaign_updated",
    ]
    campaign.refresh_from_db()
    assert (campaign.epoch, campaign.version, marks_of(campaign).merge) == (4, 2, 4)


# --- who is reset ----------------------------------------------------------------------------------------------------


def test_passes_that_are_current_are_not_reset(campaign: Campaign) -> None:
    name = (sent(DYNAMIC, Position.PRIMARY, value="Johnny"),)
    older = issue(campaign, fields=name)
    campaign = change(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Anybody"),))
    newer = issue(campaign, fields=name)
    push(campaign)
    newest = issue(campaign, fields=name)
    members = [content(campaign, row).fields[0].value for row in (older, newer, newest)]
    assert members == ["Anybody", "Johnny", "Johnny"]


def test_where_no_pass_is_older_nothing_is_reset_and_nothing_can_be_undone(campaign: Campaign) -> None:
    campaign = change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    row = issue(campaign)
    pushed = push(campaign)
    assert (pushed.epoch, pushed.version, marks_of(pushed).resets) == (campaign.epoch, 2, ())
    assert passes.updated_at(pushed, row) == row.updated_at
    with pytest.raises(PreconditionFailed) as refusal:
        undo(campaign)
    assert refusal.value.errors == {"campaign": "No push of this campaign has reset passes: there is nothing to undo."}


def test_what_was_written_after_a_reset_counts_before_and_after_its_undoing(campaign: Campaign) -> None:
    row = issue(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Johnny"),))
    campaign = change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    push(campaign)
    patch(campaign, row, fields=(sent("favorite", Position.AUXILIARY, value="Trucks"),))
    shown = [{field.key: field.value for field in content(campaign, row).fields}]
    undo(campaign)
    shown.append({field.key: field.value for field in content(campaign, row).fields})
    assert [(fields["member"], fields["level"], fields["favorite"]) for fields in shown] == [
        (None, "Gold", "Trucks"),
        ("Johnny", None, "Trucks"),
    ]


def test_resets_are_undone_one_after_the_other(campaign: Campaign) -> None:
    row = issue(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Johnny"),))
    for level in ("Silver", "Gold"):
        campaign = change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value=level),))
        campaign = push(campaign)
    shown = []
    for _ in range(2):
        undo(campaign)
        shown.append([content(campaign, row).fields[index].value for index in (0, 2)])
    assert shown == [[None, "Silver"], ["Johnny", None]]
    with pytest.raises(PreconditionFailed):
        undo(campaign)


def test_marks_do_not_grow_for_ever(campaign: Campaign) -> None:
    row = issue(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Johnny"),))
    for number in range(MOST_RESETS + 2):
        campaign = push(change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value=str(number)),)))
    for _ in range(MOST_RESETS - 1):
        undo(campaign)
    with pytest.raises(PreconditionFailed):
        undo(campaign)
    assert [content(campaign, row).fields[index].value for index in (0, 2)] == [None, "2"]


# --- messages --------------------------------------------------------------------------------------------------------


def message(campaign: Campaign, row: Pass) -> str:
    return content(campaign, row).push_message


def test_the_same_words_twice_are_another_text(campaign: Campaign) -> None:
    row = issue(campaign)
    said = [message(campaign, row)]
    for action in (merge, push, merge):
        action(campaign, "Sale!")
        said.append(message(campaign, row))
    for _ in range(3):
        tell(campaign, row, "Sale!")
        said.append(message(campaign, row))
    push(campaign, "Sale!")
    said.append(message(campaign, row))
    assert [text.rstrip(INVISIBLE) for text in said] == ["", *["Sale!"] * 7]
    assert all(text != following for text, following in pairwise(said))


def test_a_message_stays_until_the_next_one(campaign: Campaign) -> None:
    row, other = issue(campaign), issue(campaign)
    tell(campaign, row, "Only you")
    expected = "Only you" + INVISIBLE * 2
    for action in (
        lambda: patch(campaign, row, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),)),
        lambda: change(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Anybody"),)),
        lambda: merge(campaign),
        lambda: change(campaign, fields=(sent(DYNAMIC, Position.PRIMARY, value="Nobody"),)),
        lambda: push(campaign),
        lambda: undo(campaign),
        lambda: patch(campaign, row, merge=False, lists=frozenset(Position)),
        lambda: patch(campaign, row, voided=True),
        lambda: tell(campaign, row),
    ):
        action()
        assert (message(campaign, row), message(campaign, other)) == (expected, "")
    push(campaign, "All of you")
    assert (message(campaign, row), message(campaign, other)) == ("All of you", "All of you")
    merge(campaign)
    assert message(campaign, row) == "All of you"
    tell(campaign, other, "And you")
    assert (message(campaign, row), message(campaign, other)) == ("All of you", "And you" + INVISIBLE * 2)
    merge(campaign, "All again")
    assert (message(campaign, row), message(campaign, other)) == ("All again", "All again")


def test_a_pass_is_pushed_without_looking_changed(campaign: Campaign) -> None:
    row, other = issue(campaign), issue(campaign)
    tell(campaign, row, "Hello!", now=LATEST)
    told = tell(campaign, row, now=LATEST)
    row.refresh_from_db()
    other.refresh_from_db()
    assert (told.version, row.version, other.version) == (3, 3, 1)
    assert (row.updated_at, row.redeem_code) == (other.updated_at - timedelta(microseconds=1), "0000001")
    assert list(Event.objects.filter(pass_id=row.id).order_by("id").values_list("kind", "extra"))[1:] == [
        ("pushed", {"message": "Hello!"}),
        ("pushed", None),
    ]


def test_a_long_message_does_not_stand_in_the_way_of_a_full_pass(campaign: Campaign) -> None:
    full = "x" * (128 * 1024 - 400)
    row = issue(campaign, fields=(sent("terms", Position.BACK, value=full),))
    tell(campaign, row, "é" * 2_000)
    patch(campaign, row, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    assert {field.key: field.value for field in content(campaign, row).fields}["level"] == "Gold"
    assert message(campaign, row) == "é" * 2_000 + INVISIBLE * 2


def test_a_pass_of_another_campaign_or_none_is_not_told(organization: Organization, campaign: Campaign) -> None:
    other = toy_town(organization, name="Other")
    row = issue(other)
    with pytest.raises(NotFound, match=r"^Pass not found\.$"):
        tell(campaign, row)
    Campaign.objects.filter(id=other.id).update(deleted_at=NOW)
    with pytest.raises(NotFound, match=r"^Campaign not found\.$"):
        tell(other, row)
    row.refresh_from_db()
    assert row.version == 1


# --- when, and what is downloaded ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "at"),
    [
        ((merge,), LATEST),
        ((push,), LATEST),
        ((push, undo), LATEST + timedelta(hours=1)),
        ((push_only,), NOW),
    ],
    ids=["merge", "push", "undo", "push only"],
)
def test_a_pass_is_as_new_as_its_content(campaign: Campaign, actions: tuple[Any, ...], at: Any) -> None:
    row = issue(campaign)
    campaign = change(campaign, fields=(sent(FIXED, Position.AUXILIARY, value="Gold"),))
    for hours, action in enumerate(actions):
        if action is push_only:
            push(campaign, "Hello!", reset=False, now=LATEST)
        else:
            action(campaign, now=LATEST + timedelta(hours=hours))
    campaign.refresh_from_db()
    row.refresh_from_db()
    assert passes.updated_at(campaign, row) == at
    assert campaign.updated_at == LATER


@pytest.mark.parametrize("style", [Style.GENERIC, Style.COUPON])
def test_a_download_says_the_same(style: Style) -> None:
    campaign, row = everything_of_its_own(toy_maker(), style)
    campaign = changed(campaign)
    for action in (
        lambda: merge(campaign, "Merged"),
        lambda: push(campaign, "Pushed"),
        lambda: tell(campaign, row, "You"),
    ):
        action()
        found = deliver.find(row.id, None, NOW)
        assert found is not None
        assert passes.laid([found.parts])[0] == content(campaign, row)
    assert says(campaign, row) == MERGED
    assert message(campaign, row) == "You" + INVISIBLE * 2


def test_revisions_are_written_by_updates_alone(campaign: Campaign) -> None:
    issue(campaign)
    for action in (merge, push, merge):
        action(campaign, "Hello!")
    assert CampaignRevision.objects.filter(campaign=campaign).count() == 1
    campaign.refresh_from_db()
    assert campaign.epoch == 4
