"""Passes are issued, changed and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passwright import secrets
from passwright.data.models import Campaign, Event, Organization, Pass
from passwright.data.postgresql.statement import Statement
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.delete_pass import delete_pass
from passwright.operations.issue_pass import issue_pass
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.passes.content import (
    Barcode,
    BarcodeFormat,
    Beacon,
    ImageRef,
    ImageSlot,
    Location,
    Position,
    Style,
)
from passwright.queries import passes, revisions
from tests.operations.test_campaigns import in_threads, refused
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
    shown,
    toy_maker,
    toy_town,
    values,
)

pytestmark = pytest.mark.django_db

HERE, THERE = Location(latitude=1, longitude=2), Location(latitude=3, longitude=4)
JOHNNY = sent("member", Position.PRIMARY, value="Johnny Appleseed")
TRUCKS = sent("favorite", Position.AUXILIARY, value="Trucks")
AIRPLANES = sent("favorite", Position.AUXILIARY, value="Airplanes")


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


@pytest.fixture
def campaign(organization: Organization) -> Campaign:
    return toy_town(organization)


def events(row: Pass) -> list[tuple[str, Any]]:
    return list(Event.objects.filter(pass_id=row.id).order_by("id").values_list("kind", "extra"))


@contextmanager
def recorded() -> Iterator[tuple[list[str], Callable[[], list[str]]]]:
    """What goes to the database: prepared statements by name, and the first words of the others."""
    prepared: list[str] = []
    run = Statement.row

    def row(statement: Statement, *parameters: str | None) -> Any:
        prepared.append(statement.name.decode())
        return run(statement, *parameters)

    with CaptureQueriesContext(connection) as captured, pytest.MonkeyPatch.context() as patches:
        patches.setattr(Statement, "row", row)
        yield prepared, lambda: [query["sql"].split()[0] for query in captured.captured_queries]


# --- issue -----------------------------------------------------------------------------------------------------------


def test_a_boilerplate_pass(campaign: Campaign) -> None:
    row = issue_pass(campaign=campaign, now=NOW)
    kept = Pass.objects.get(id=row.id)
    for name in ("redeem_code", "serial_number", "epoch", "version", "overrides", "user_info", "created_at"):
        assert getattr(kept, name) == getattr(row, name)
    assert (kept.redeem_code, kept.epoch, kept.version, kept.overrides) == ("0000001", 1, 1, None)
    assert (kept.created_at, kept.updated_at, kept.metadata) == (NOW, NOW, None)
    assert kept.serial_number != kept.id
    content = passes.content_of(campaign, kept)
    assert (content.barcode.format, content.barcode.message) == (BarcodeFormat.PDF417, "0000001")
    assert events(kept) == [("created", {"source": "api"})]


def test_a_personal_pass(organization: Organization, campaign: Campaign) -> None:
    child = picture(organization, ImageSlot.THUMBNAIL, "cc")
    row = issue(campaign, fields=(JOHNNY, TRUCKS), images={ImageSlot.THUMBNAIL: child}, user_info={"id": 7})
    assert shown(campaign, row) == {
        "member": "Johnny Appleseed",
        "subtitle": None,
        "level": None,
        "favorite": "Trucks",
    }
    content = passes.content_of(campaign, row)
    assert content.look.images[ImageSlot.THUMBNAIL] == ImageRef(asset_id=str(child), digest="cc")
    assert ImageSlot.ICON in content.look.images
    assert content.user_info == {"id": 7}


def test_what_a_pass_inherits(organization: Organization) -> None:
    wanted = {"user_info": {"shop": 1}, "expiration_date": LATER, "relevant_date": NOW}
    campaign = toy_town(organization, locations=(HERE,), max_distance=50, **wanted)
    row = issue(campaign)
    assert (row.user_info, row.expiration_date, row.relevant_date) == ({"shop": 1}, LATER, NOW)
    content = passes.content_of(campaign, row)
    assert (content.locations, content.max_distance) == ((HERE,), 50)
    own = issue(campaign, user_info={}, expiration_date=None, locations=(THERE,), max_distance=5000)
    assert (own.user_info, own.expiration_date) == (None, None)
    content = passes.content_of(campaign, own)
    assert (content.locations, content.max_distance) == ((THERE,), 100)


def test_codes_follow_creation_and_are_never_reused(campaign: Campaign) -> None:
    rows = [issue(campaign) for _ in range(3)]
    assert [row.redeem_code for row in rows] == ["0000001", "0000002", "0000003"]
    delete_pass(campaign=campaign, pass_id=rows[2].id, now=LATER)
    assert issue(campaign).redeem_code == "0000004"
    Campaign.objects.filter(id=campaign.id).update(next_code=12_345_678)
    assert issue(campaign).redeem_code == "12345678"


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_a_stopped_campaign_issues_nothing(campaign: Campaign, state: str) -> None:
    stale = Campaign.objects.get(id=campaign.id)
    Campaign.objects.filter(id=campaign.id).update(state=state)
    campaign.refresh_from_db()
    for row in (campaign, stale):
        with pytest.raises(PreconditionFailed) as refusal:
            issue(row)
        assert refusal.value.errors == {"campaign": f"Campaign is {state}: no passes can be issued."}
    assert not Pass.objects.exists()
    assert Campaign.objects.get(id=campaign.id).next_code == 1


def test_a_campaign_read_before_its_update_issues_what_it_says_now(campaign: Campaign) -> None:
    stale = Campaign.objects.get(id=campaign.id)
    change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    row = issue(stale)
    assert row.epoch == 2
    assert shown(campaign, row)["level"] == "Gold"


def test_refused_passes_take_no_code(organization: Organization, campaign: Campaign) -> None:
    foreign = picture(toy_maker("Others"), ImageSlot.THUMBNAIL)
    with refused({"thumbnail_id": ["does not exist"]}):
        issue(campaign, images={ImageSlot.THUMBNAIL: foreign})
    with refused({"logo_id": ["is an asset of type icon, not logo"]}):
        issue(campaign, images={ImageSlot.LOGO: picture(organization)})
    with refused({"locations": ["can have at most 10 items"]}):
        issue(campaign, locations=(HERE,) * 11)
    with refused({"beacons": ["can have at most 10 items"]}):
        issue(campaign, beacons=(Beacon(proximity_uuid="u"),) * 11)
    with refused({"back_fields": ["has a field without a key"]}):
        issue(campaign, fields=(sent(" ", Position.BACK),))
    twice = "has the key level in auxiliary_fields and in back_fields; a key is unique over all lists"
    with refused({"back_fields": [twice]}):
        issue(campaign, fields=(sent("level", Position.BACK),))
    assert issue(campaign).redeem_code == "0000001"


def test_every_pass_brings_its_own_code(organization: Organization) -> None:
    campaign = toy_town(organization, code_type="per_pass")
    needs = "needs a message: every pass of this campaign brings its own code"
    for wanted in ({}, {"barcode": Barcode()}, {"fields": (JOHNNY,)}):
        with refused({"barcode": [needs]}):
            issue(campaign, **wanted)
    row = issue(campaign, barcode=Barcode(message="TICKET-1"))
    other = issue(campaign, barcodes=(Barcode(format=BarcodeFormat.AZTEC, message="TICKET-2"),))
    assert (row.redeem_code, other.redeem_code) == ("TICKET-1", "TICKET-2")
    taken = "has a message that another pass of this campaign has"
    with refused({"barcode": [taken]}):
        issue(campaign, barcode=Barcode(message="TICKET-1"))
    with refused({"barcode": [taken]}):
        patch(campaign, other, barcode=Barcode(message="TICKET-1"))
    with refused({"barcode": [needs]}):
        patch(campaign, other, barcode=None)
    assert patch(campaign, other, barcode=Barcode(message="TICKET-3")).redeem_code == "TICKET-3"
    assert passes.content_of(campaign, other).barcode.message == "TICKET-2", "as it was read"
    assert Pass.objects.count() == 2


def test_a_refusal_keeps_nothing_of_the_one_before(campaign: Campaign) -> None:
    """An exception remembers the frames it came through, and they the request: one for all would grow for ever."""
    issue(campaign, external_id="a")
    depths = set()
    for _ in range(3):
        with pytest.raises(ValidationFailed) as refusal:
            issue(campaign, external_id="a")
        depths.add(len(refusal.traceback))
    assert len(depths) == 1


def test_a_fixed_code_is_on_every_pass(organization: Organization) -> None:
    campaign = toy_town(organization, code_type="fixed", code_fixed_value="SUMMER")
    rows = [issue(campaign), issue(campaign)]
    assert [row.redeem_code for row in rows] == ["0000001", "0000002"]
    assert {content.barcode.message for content in passes.contents(campaign, rows)} == {"SUMMER"}


def test_metadata_and_source_are_kept(campaign: Campaign) -> None:
    row = issue_pass(campaign=campaign, now=NOW, source="page", metadata={"utm": ["x"]})
    assert Pass.objects.get(id=row.id).metadata == {"utm": ["x"]}
    assert events(row) == [("created", {"source": "page"})]


@pytest.mark.django_db(transaction=True)
def test_issuing_takes_one_statement() -> None:
    campaign = toy_town(toy_maker())
    issue(campaign)
    with recorded() as (prepared, others):
        issue(campaign, fields=(JOHNNY, TRUCKS), barcode=Barcode(message="X"))
        assert (prepared, others()) == (["issue_pass"], [])
    child = picture(campaign.organization, ImageSlot.THUMBNAIL)
    with recorded() as (prepared, others):
        issue(campaign, images={ImageSlot.THUMBNAIL: child})
        assert (prepared, others()) == (["issue_pass"], ["BEGIN", "SELECT", "COMMIT"])


# --- update ----------------------------------------------------------------------------------------------------------


def test_an_update_is_one_version_and_one_event(campaign: Campaign) -> None:
    row = issue(campaign, fields=(JOHNNY, TRUCKS))
    changed = patch(campaign, row, fields=(AIRPLANES,))
    assert (changed.version, changed.updated_at, changed.created_at) == (2, LATER, NOW)
    assert shown(campaign, row)["favorite"] == "Airplanes"
    assert shown(campaign, row)["member"] == "Johnny Appleseed"
    assert events(row)[1:] == [("updated", {"changed": ["auxiliary_fields.favorite.value"]})]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"fields": (TRUCKS,)},
        {"fields": (sent("favorite", Position.AUXILIARY),)},
        {"locations": ()},
        {"voided": False},
        {"user_info": {}},
        {"expiration_date": None},
        {"push": False},
    ],
)
def test_an_update_that_changes_nothing_announces_nothing(campaign: Campaign, wanted: dict[str, Any]) -> None:
    row = issue(campaign, fields=(JOHNNY, TRUCKS))
    patch(campaign, row, **wanted)
    row.refresh_from_db()
    assert (row.version, row.updated_at) == (1, NOW)
    assert [kind for kind, _ in events(row)] == ["created"]


def test_the_campaigns_value_sent_for_a_pass_stays_with_it(organization: Organization) -> None:
    member = sent("member", Position.PRIMARY, value="A child")
    campaign = toy_town(organization)
    change(campaign, fields=(member,))
    row = issue(campaign)
    unchanged = patch(campaign, row, fields=(member,))
    assert (unchanged.version, unchanged.updated_at) == (1, NOW)
    change(campaign, fields=(sent("member", Position.PRIMARY, value="Somebody"),))
    merge(campaign)
    assert shown(campaign, row)["member"] == "A child"
    assert shown(campaign, issue(campaign))["member"] == "Somebody"


def test_a_hidden_field_changes_without_a_new_version(organization: Organization) -> None:
    campaign = toy_town(organization, fields=(sent("note", Position.BACK, hidden=True),))
    row = issue(campaign)
    changed = patch(campaign, row, fields=(sent("note", Position.BACK, value="Likes trucks"),))
    assert (changed.version, changed.updated_at) == (1, LATER)
    assert shown(campaign, row) == {"note": "Likes trucks"}
    assert events(row)[1:] == [("updated", {"changed": ["back_fields.note.value"]})]


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        ({"voided": True}, ["voided"]),
        ({"user_info": {"id": 7}}, ["user_info"]),
        ({"expiration_date": LATER, "relevant_date": LATER}, ["expiration_date", "relevant_date"]),
        ({"locations": (HERE,)}, ["locations"]),
        ({"beacons": (Beacon(proximity_uuid="u"),)}, ["beacons"]),
        ({"max_distance": 7}, ["max_distance"]),
        ({"barcode": Barcode(format=BarcodeFormat.PDF417, message="X")}, ["barcode", "barcodes"]),
        ({"fields": (sent("shoe", Position.BACK, value="28"),)}, ["back_fields.shoe"]),
        ({"fields": (sent("level", Position.AUXILIARY, destroy=True),)}, ["auxiliary_fields.level"]),
        (
            {"fields": (), "lists": frozenset({Position.AUXILIARY}), "merge": False},
            ["auxiliary_fields.level", "auxiliary_fields.favorite"],
        ),
    ],
)
def test_every_part_of_a_pass_can_change(campaign: Campaign, wanted: dict[str, Any], changed: list[str]) -> None:
    row = issue(campaign)
    assert patch(campaign, row, **wanted).version == 2
    assert events(row)[1:] == [("updated", {"changed": changed})]
    again = patch(campaign, row, now=LATER + timedelta(1), **wanted)
    assert (again.version, again.updated_at) == (2, LATER)


def test_null_gives_a_part_back_to_the_campaign(organization: Organization) -> None:
    child = picture(organization, ImageSlot.THUMBNAIL)
    campaign = toy_town(organization, locations=(HERE,), max_distance=9)
    own: dict[str, Any] = {
        "locations": (THERE,),
        "max_distance": 5,
        "images": {ImageSlot.THUMBNAIL: child},
        "barcode": Barcode(message="OWN"),
    }
    row = issue(campaign, **own)
    nulls = {"locations": None, "max_distance": None, "images": {ImageSlot.THUMBNAIL: None}, "barcode": None}
    row = patch(campaign, row, **nulls)
    assert row.overrides is None
    assert passes.content_of(campaign, row) == passes.content_of(campaign, Pass.objects.get(id=row.id))
    assert passes.content_of(campaign, row).locations == (HERE,)


def test_a_refused_update_changes_nothing(campaign: Campaign) -> None:
    row = issue(campaign)
    with refused({"thumbnail_id": ["does not exist"]}):
        patch(campaign, row, voided=True, images={ImageSlot.THUMBNAIL: uuid4()})
    row.refresh_from_db()
    assert (row.voided, row.version) == (False, 1)


def test_only_passes_of_the_campaign_are_found(organization: Organization, campaign: Campaign) -> None:
    row = issue(campaign)
    other = toy_town(organization, name="Other")
    with pytest.raises(NotFound, match=r"^Pass not found\.$"):
        patch(other, row, voided=True)
    with pytest.raises(NotFound):
        delete_pass(campaign=other, pass_id=row.id, now=NOW)
    assert passes.pass_(other, row.id) is None
    assert passes.pass_(campaign, row.id) == row


# --- delete ----------------------------------------------------------------------------------------------------------


def test_a_deleted_pass_is_gone_and_said_so(campaign: Campaign) -> None:
    row = issue(campaign)
    delete_pass(campaign=campaign, pass_id=row.id, now=LATER)
    assert passes.pass_(campaign, row.id) is None
    said = {"serial_number": str(row.serial_number), "redeem_code": "0000001"}
    assert events(row)[1:] == [("deleted", said)]
    with pytest.raises(NotFound):
        delete_pass(campaign=campaign, pass_id=row.id, now=LATER)


# --- queries ---------------------------------------------------------------------------------------------------------


def test_many_contents_take_one_statement(campaign: Campaign) -> None:
    rows = [issue(campaign, fields=(JOHNNY,))]
    for level in ("Silver", "Gold", "Platinum"):
        campaign = change(campaign, fields=(sent("level", Position.AUXILIARY, value=level),))
        rows.append(issue(campaign))
    with CaptureQueriesContext(connection) as captured:
        contents = passes.contents(campaign, rows)
    assert len(captured) == 1
    assert [values(content)["level"] for content in contents] == [None, "Silver", "Gold", "Platinum"]
    assert passes.contents(campaign, []) == []


def test_a_merge_without_places_leaves_the_earlier_places(organization: Organization) -> None:
    campaign = toy_town(organization, locations=(HERE,), merge_on_update=True, sync_locations_on_merge=False)
    row = issue(campaign)
    campaign = change(campaign, locations=(THERE,), organization_name="More Toys")
    content = passes.content_of(campaign, row)
    assert (content.organization_name, content.locations) == ("More Toys", (HERE,))


def test_the_page_token_opens_what_is_there(campaign: Campaign) -> None:
    row = issue(campaign)
    token = secrets.page_token(row.id)
    assert passes.by_page_token(token) == row
    assert passes.by_page_token("x" * 22) is None
    assert passes.by_page_token("short") is None
    delete_campaign(organization=campaign.organization, style=Style.GENERIC, campaign_id=campaign.id, now=NOW)
    assert passes.by_page_token(token) is None
    with pytest.raises(NotFound):
        patch(campaign, row, voided=True)


def test_a_pass_is_as_new_as_the_last_change_of_all(campaign: Campaign) -> None:
    row = issue(campaign)
    assert passes.updated_at(campaign, row) == NOW
    campaign = merge(campaign)
    assert passes.updated_at(campaign, row) == LATER
    newer = patch(campaign, row, now=LATER + timedelta(1), voided=True)
    assert passes.updated_at(campaign, newer) == LATER + timedelta(1)


def test_a_reset_shows_the_campaign_again(organization: Organization, campaign: Campaign) -> None:
    child = picture(organization, ImageSlot.THUMBNAIL)
    row = issue(campaign, fields=(JOHNNY,), images={ImageSlot.THUMBNAIL: child})
    campaign = change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    push(campaign)
    assert shown(campaign, row) == {"member": None, "subtitle": None, "level": "Gold", "favorite": None}
    patch(campaign, row, fields=(TRUCKS,))
    assert shown(campaign, row)["favorite"] == "Trucks"
    assert shown(campaign, row)["member"] is None


@pytest.mark.django_db(transaction=True)
def test_revisions_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    revisions.kept.clear()
    monkeypatch.setattr(revisions.kept, "most_entries", 3)
    campaign = toy_town(toy_maker())
    for epoch in range(1, 6):
        assert revisions.revision_at(campaign.id, epoch).epoch == 1
    assert list(revisions.kept) == [(campaign.id, epoch) for epoch in (3, 4, 5)]
    with CaptureQueriesContext(connection) as captured:
        revisions.revision_at(campaign.id, 3)
    assert len(captured) == 0
    revisions.revision_at(campaign.id, 6)
    assert list(revisions.kept) == [(campaign.id, epoch) for epoch in (5, 3, 6)]
    with pytest.raises(revisions.MissingRevision):
        revisions.revision_at(uuid4(), 1)


def test_what_a_transaction_reads_of_itself_is_not_kept(campaign: Campaign) -> None:
    revisions.revision_at(campaign.id, 1)
    assert (campaign.id, 1) not in revisions.kept


# --- at the same time ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_codes_have_no_gap_and_no_repeat_however_many_ask_at_once() -> None:
    campaign = toy_town(toy_maker())
    rows = in_threads(lambda _: issue(campaign), range(200), threads=40)
    assert sorted(row.redeem_code for row in rows) == [f"{number:07d}" for number in range(1, 201)]
    assert Pass.objects.count() == 200
    assert Event.objects.filter(kind="created").count() == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_with_the_same_own_code_at_once_one_wins() -> None:
    campaign = toy_town(toy_maker(), code_type="per_pass")
    outcomes = in_threads(lambda _: issue(campaign, barcode=Barcode(message="TICKET")), range(20), threads=10)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Pass)]) == 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, ValidationFailed)]) == 19


@pytest.mark.django_db(transaction=True)
def test_updates_of_one_pass_at_once_lose_nothing() -> None:
    campaign = toy_town(toy_maker())
    row = issue(campaign)
    keys = [f"key{number}" for number in range(40)]
    in_threads(lambda key: patch(campaign, row, fields=(sent(key, Position.BACK, value=key),)), keys, threads=10)
    row.refresh_from_db()
    assert row.version == 41
    assert {key: value for key, value in shown(campaign, row).items() if key in keys} == {key: key for key in keys}
    assert len(events(row)) == 41
