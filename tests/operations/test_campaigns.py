"""Campaigns are made, changed and removed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from passwright.data.models import (
    Campaign,
    CampaignRevision,
    Certificate,
    Distribution,
    Event,
    Organization,
    Pass,
    Template,
)
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.issue_pass import issue_pass
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.passes.content import (
    Barcode,
    BarcodeFormat,
    Beacon,
    Behaviour,
    ImageRef,
    ImageSlot,
    Location,
    Position,
    Style,
)
from passwright.queries import campaigns
from passwright.queries.campaigns import distribution, marks_of, newest_revision
from tests.operations.toys import LATER, NOW, certificate, change, issue, picture, sent, shown, toy_maker, toy_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


@pytest.fixture
def campaign(organization: Organization) -> Campaign:
    return toy_town(organization)


def refused(errors: dict[str, list[str]]) -> Any:
    return pytest.raises(ValidationFailed, match=r"\w", check=lambda refusal: refusal.errors == errors)


# --- create ----------------------------------------------------------------------------------------------------------


def test_a_campaign_comes_with_template_revision_and_link(organization: Organization) -> None:
    icon, logo = picture(organization, digest="aa"), picture(organization, ImageSlot.LOGO, "bb")
    campaign = toy_town(organization, images={ImageSlot.ICON: icon, ImageSlot.LOGO: logo})
    revision = newest_revision(campaign)
    assert (campaign.epoch, revision.epoch) == (1, 1)
    assert (revision.name, revision.description, revision.organization_name) == (
        "Toy Town Generic Passes!",
        "Toy Town Generic Passes!",
        "Toys",
    )
    assert [field.key for field in revision.fields] == ["member", "subtitle", "level", "favorite"]
    assert revision.barcode == Barcode(format=BarcodeFormat.PDF417)
    assert revision.look.images == {
        ImageSlot.ICON: ImageRef(asset_id=str(icon), digest="aa"),
        ImageSlot.LOGO: ImageRef(asset_id=str(logo), digest="bb"),
    }
    template = campaign.template
    assert (template.name, template.source, template.pass_type) == (
        "Template for Toy Town Generic Passes!",
        "auto",
        "generic",
    )
    assert (template.icon_id, template.logo_id, template.background_color) == (icon, logo, "#c51f1f")
    assert campaign.certificate == Certificate.objects.get(organization=None, pass_type="generic")
    assert len(distribution(campaign).token) == 10
    [event] = Event.objects.filter(campaign=campaign)
    assert (event.kind, event.at) == ("campaign_created", NOW)


def test_settings_have_the_contracts_defaults(campaign: Campaign) -> None:
    campaign.refresh_from_db()
    assert (campaign.code_type, campaign.code_width, campaign.state) == ("sequencial", 7, "published")
    assert (campaign.og, campaign.og_description, campaign.sync_locations_on_merge) == (True, "", True)
    assert (campaign.gwallet_usage, campaign.gwallet_status, campaign.user_info) == (False, None, {})


def test_null_asks_for_the_default(campaign: Campaign) -> None:
    changed = change(campaign, og=False, og_description="Toys", user_info={"a": 1}, description="D", max_distance=5)
    assert (changed.og, changed.user_info, newest_revision(changed).description) == (False, {"a": 1}, "D")
    nulls = {"og": None, "og_description": None, "user_info": None, "description": None, "max_distance": None}
    changed = change(campaign, **nulls)
    assert (changed.og, changed.og_description, changed.user_info) == (True, "", {})
    assert newest_revision(changed).description == campaign.name
    assert newest_revision(changed).max_distance is None


def test_names_are_unique_per_organization_and_style(organization: Organization, campaign: Campaign) -> None:
    with refused({"name": ["has already been taken"]}):
        toy_town(organization)
    other = toy_town(organization, name="Another")
    with refused({"name": ["has already been taken"]}):
        change(other, name=campaign.name)
    assert toy_town(organization, Style.COUPON).name == campaign.name
    assert toy_town(toy_maker("Others")).name == campaign.name
    delete_campaign(organization=organization, style=Style.GENERIC, campaign_id=campaign.id, now=NOW)
    assert toy_town(organization).name == campaign.name


@pytest.mark.parametrize(
    ("wanted", "errors"),
    [
        ({"name": "  "}, {"name": ["can't be blank"]}),
        ({"images": {}}, {"icon_id": ["can't be blank"]}),
        ({"images": {ImageSlot.ICON: None}}, {"icon_id": ["can't be blank"]}),
        ({"template_id": uuid4()}, {"template_id": ["does not exist"]}),
        ({"certificate_id": uuid4()}, {"certificate_id": ["does not exist or has expired"]}),
        ({"code_type": "list"}, {"code_type": ["list is not available through the API"]}),
        ({"code_type": "roman"}, {"code_type": ["must be one of sequencial, fixed, per_pass"]}),
        ({"code_type": "fixed"}, {"code_fixed_value": ["can't be blank"]}),
        ({"locations": (Location(latitude=1, longitude=2),) * 11}, {"locations": ["can have at most 10 items"]}),
        ({"beacons": (Beacon(proximity_uuid="u"),) * 11}, {"beacons": ["can have at most 10 items"]}),
        (
            {"locations": (Location(latitude=91, longitude=-181),)},
            {
                "locations[0].latitude": ["must be between -90 and 90"],
                "locations[0].longitude": ["must be between -180 and 180"],
            },
        ),
        (
            {"beacons": (Beacon(proximity_uuid="u", major=65536, minor=-1),)},
            {
                "beacons[0].major": ["must be between 0 and 65535"],
                "beacons[0].minor": ["must be between 0 and 65535"],
            },
        ),
        ({"max_distance": -1}, {"max_distance": ["must not be negative"]}),
        ({"time_zone": "Toy/Town"}, {"time_zone": ["is not the name of a time zone such as Europe/Lisbon"]}),
        ({"remote_form_url": "ftp://toys"}, {"remote_form_url": ["must be an http or https address"]}),
        (
            {"fields": (sent("a", Position.BACK, use_as_barcode=True), sent("b", Position.BACK, use_as_barcode=True))},
            {"back_fields": ["has a second field used as barcode: b"]},
        ),
        (
            {"fields": (sent("a", Position.BACK, change_message="New"),)},
            {"back_fields": ["has a change_message without exactly one %@ at a"]},
        ),
        (
            {"fields": (sent("a", Position.BACK), sent("a", Position.HEADER))},
            {"header_fields": ["has the key a in back_fields and in header_fields; a key is unique over all lists"]},
        ),
    ],
)
def test_what_cannot_be_is_named(
    organization: Organization, wanted: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with refused(errors):
        toy_town(organization, **wanted)
    assert not Campaign.objects.exists()
    assert not Template.objects.exists()


def test_everything_wrong_is_named_at_once(organization: Organization) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        toy_town(organization, name="", images={}, code_type="list", max_distance=-1)
    assert set(refusal.value.errors) == {"name", "icon_id", "code_type", "max_distance"}
    assert "name can't be blank" in str(refusal.value)


def test_pictures_are_the_organizations_and_of_their_slots_type(organization: Organization) -> None:
    logo, foreign = picture(organization, ImageSlot.LOGO), picture(toy_maker("Others"))
    with refused({"icon_id": ["is an asset of type logo, not icon"]}):
        toy_town(organization, images={ImageSlot.ICON: logo})
    with refused({"icon_id": ["does not exist"]}):
        toy_town(organization, images={ImageSlot.ICON: foreign})


def test_boarding_passes_need_a_transit_type(organization: Organization) -> None:
    with refused({"transit_type": ["can't be blank for a boardingPass"]}):
        toy_town(organization, Style.BOARDING_PASS)
    campaign = toy_town(organization, Style.BOARDING_PASS, transit_type="bus")
    assert newest_revision(campaign).look.transit_type == "bus"
    assert newest_revision(toy_town(organization, transit_type="bus")).look.transit_type is None


@pytest.mark.parametrize(
    ("style", "asked", "metres"),
    [
        (Style.GENERIC, 5000, 100),
        (Style.COUPON, 101, 100),
        (Style.EVENT_TICKET, 5000, 1000),
        (Style.BOARDING_PASS, 1001, 1000),
        (Style.GENERIC, 99, 99),
    ],
)
def test_the_distance_is_clamped(organization: Organization, style: Style, asked: int, metres: int) -> None:
    campaign = toy_town(organization, style, max_distance=asked, transit_type="air")
    assert newest_revision(campaign).max_distance == metres


def test_google_wallet_takes_two_styles(organization: Organization) -> None:
    assert toy_town(organization, Style.COUPON, gwallet_usage=True).gwallet_usage is True
    assert toy_town(organization, Style.STORE_CARD, gwallet_usage=True).gwallet_status == "local"
    assert toy_town(organization, gwallet_usage=True).gwallet_usage is False


def test_sequential_is_spelled_both_ways(organization: Organization) -> None:
    assert toy_town(organization, code_type="sequential").code_type == "sequencial"


def test_certificates_are_own_or_public_and_unexpired(organization: Organization) -> None:
    own = certificate(organization)
    assert toy_town(organization, certificate_id=own.id).certificate == own
    expired = certificate(organization, identifier="pass.example.expired", expires_at=NOW)
    for unusable in (certificate(toy_maker("Others")), expired):
        with refused({"certificate_id": ["does not exist or has expired"]}):
            toy_town(organization, name="Next", certificate_id=unusable.id)


def test_a_named_template_is_used_or_derived_from(organization: Organization, campaign: Campaign) -> None:
    first = campaign.template
    same = toy_town(organization, name="Same", template_id=first.id, barcode=None)
    assert same.template_id == first.id
    assert newest_revision(same).barcode == Barcode(format=BarcodeFormat.PDF417), "the template's"
    derived = toy_town(organization, name="Derived", template_id=first.id, background_color="#000000")
    assert derived.template.name == "Template for Derived"
    assert (derived.template.background_color, derived.template.logo_text) == ("#000000", "Toy Town")
    assert derived.template.icon_id == first.icon_id
    with refused({"template_id": ["is a template for generic, not for coupon"]}):
        toy_town(organization, Style.COUPON, template_id=first.id)
    with refused({"template_id": ["does not exist"]}):
        toy_town(toy_maker("Others"), template_id=first.id)


def test_generated_templates_find_a_free_name(organization: Organization, campaign: Campaign) -> None:
    others = [toy_town(organization, style) for style in (Style.COUPON, Style.STORE_CARD)]
    assert [made.template.name for made in (campaign, *others)] == [
        "Template for Toy Town Generic Passes!",
        "Template for Toy Town Generic Passes!-1",
        "Template for Toy Town Generic Passes!-2",
    ]


def test_several_codes_begin_with_the_effective_one(organization: Organization) -> None:
    formats = (Barcode(format=BarcodeFormat.AZTEC), Barcode(format=BarcodeFormat.PDF417))
    campaign = toy_town(organization, barcodes=formats, barcode=Barcode())
    assert newest_revision(campaign).barcode == formats[0]
    assert newest_revision(campaign).barcodes == formats
    changed = newest_revision(change(campaign, barcode=Barcode(message="X")))
    assert (changed.barcode, changed.barcodes) == (Barcode(message="X"), ())


# --- update ----------------------------------------------------------------------------------------------------------


def test_an_update_makes_a_revision_and_leaves_issued_passes_alone(campaign: Campaign) -> None:
    before = issue(campaign)
    changed = change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    assert (changed.epoch, changed.updated_at) == (2, LATER)
    assert [field.value for field in newest_revision(changed).fields] == [None, None, "Gold", None]
    after = issue(changed)
    assert shown(campaign, before)["level"] is None
    assert shown(campaign, after)["level"] == "Gold"
    event = Event.objects.get(campaign=campaign, kind="campaign_updated")
    assert event.extra == {"changed": ["fields"]}


def test_an_update_that_changes_nothing_leaves_no_trace(campaign: Campaign) -> None:
    for wanted in ({}, {"name": campaign.name}, {"background_color": "#c51f1f"}, {"locations": ()}):
        changed = change(campaign, **wanted)
        assert (changed.epoch, changed.updated_at, changed.template_id) == (1, NOW, campaign.template_id)
    assert CampaignRevision.objects.count() == 1
    assert Template.objects.count() == 1
    assert not Event.objects.filter(kind="campaign_updated").exists()


def test_settings_change_without_a_revision(campaign: Campaign) -> None:
    changed = change(campaign, og_description="Toys!", expiration_date=LATER)
    assert (changed.epoch, changed.updated_at) == (1, LATER)
    assert Event.objects.get(kind="campaign_updated").extra == {"changed": ["expiration_date", "og_description"]}


def test_presentation_makes_a_new_template(campaign: Campaign) -> None:
    earlier = campaign.template_id
    changed = change(campaign, background_color="#facada")
    assert changed.template_id != earlier
    assert changed.template.name == "Template for Toy Town Generic Passes!-1"
    assert (changed.template.logo_text, changed.template.text_color) == ("Toy Town", "#ffffff")
    assert newest_revision(changed).look.background_color == "#facada"
    assert newest_revision(changed).barcode == Barcode(format=BarcodeFormat.PDF417)
    assert Template.objects.get(id=earlier).background_color == "#c51f1f"
    back = change(campaign, template_id=earlier)
    assert back.template_id == earlier
    assert newest_revision(back).look.background_color == "#c51f1f"


def test_another_template_brings_its_code_unless_the_campaign_has_its_own(
    organization: Organization, campaign: Campaign
) -> None:
    aztec = toy_town(organization, name="Aztec", barcode=Barcode(format=BarcodeFormat.AZTEC)).template
    assert newest_revision(change(campaign, template_id=aztec.id)).barcode == Barcode(format=BarcodeFormat.AZTEC)
    own = toy_town(organization, name="Own", template_id=aztec.id, barcode=Barcode(message="OWN"))
    other = change(own, template_id=Template.objects.get(name="Template for Toy Town Generic Passes!").id)
    assert newest_revision(other).barcode == Barcode(message="OWN")


def test_places_are_replaced(organization: Organization) -> None:
    here, there = Location(latitude=1, longitude=2), Location(latitude=3, longitude=4)
    campaign = toy_town(organization, locations=(here,), beacons=(Beacon(proximity_uuid="u"),))
    changed = newest_revision(change(campaign, locations=(there,)))
    assert (changed.locations, len(changed.beacons)) == ((there,), 1)
    assert newest_revision(change(campaign, beacons=None)).beacons == ()


def test_the_code_type_is_settled_by_the_first_pass(campaign: Campaign) -> None:
    assert change(campaign, code_type="fixed", code_fixed_value="X").code_type == "fixed"
    issue(change(campaign, code_type="sequencial"))
    with refused({"code_type": ["can't be changed once a pass was issued"]}):
        change(campaign, code_type="fixed", code_fixed_value="X")
    assert change(campaign, code_type="sequential").code_type == "sequencial"


def test_the_pass_type_identifier_is_settled_by_the_first_pass(organization: Organization, campaign: Campaign) -> None:
    renewed, other = certificate(organization), certificate(organization, identifier="pass.example.other")
    assert change(campaign, certificate_id=other.id).certificate == other
    assert change(campaign, certificate_id=renewed.id).certificate == renewed
    issue(campaign)
    with refused({"certificate_id": ["can't have another pass type identifier once a pass was issued"]}):
        change(campaign, certificate_id=other.id)
    public = Certificate.objects.get(organization=None, pass_type=Style.GENERIC)
    assert public.pass_type_identifier == renewed.pass_type_identifier
    assert change(campaign, certificate_id=public.id).certificate == public


def test_merge_on_update_brings_an_update_to_issued_passes(organization: Organization) -> None:
    campaign = toy_town(organization, merge_on_update=True, sync_beacons_on_merge=False)
    johnny = issue(campaign, fields=(sent("member", Position.PRIMARY, value="Johnny"),))
    changed = change(campaign, fields=(sent("level", Position.AUXILIARY, value="Gold"),))
    marks = marks_of(changed)
    assert (changed.epoch, changed.version) == (3, 2)
    assert (marks.merge, marks.locations_merge, marks.beacons_merge, marks.at) == (3, 3, 0, LATER)
    assert shown(campaign, johnny) == {"member": "Johnny", "subtitle": None, "level": "Gold", "favorite": None}
    same = change(campaign, og=False)
    assert (same.epoch, same.version) == (3, 2)


def test_only_the_owner_finds_it_and_only_under_its_style(campaign: Campaign) -> None:
    organization = campaign.organization
    assert campaigns.campaign(organization, Style.GENERIC, campaign.id) == campaign
    assert campaigns.campaign(organization, Style.COUPON, campaign.id) is None
    assert campaigns.campaign(toy_maker("Others"), Style.GENERIC, campaign.id) is None
    campaign.style = Style.COUPON
    with pytest.raises(NotFound, match=r"^Campaign not found\.$"):
        change(campaign)


# --- delete ----------------------------------------------------------------------------------------------------------


def delete(campaign: Campaign) -> None:
    delete_campaign(organization=campaign.organization, style=Style(campaign.style), campaign_id=campaign.id, now=LATER)


def test_a_deleted_campaign_is_gone_for_everybody(campaign: Campaign) -> None:
    delete(campaign)
    organization = campaign.organization
    assert campaigns.campaign(organization, Style.GENERIC, campaign.id) is None
    assert not campaigns.listing(organization, Style.GENERIC).exists()
    with pytest.raises(NotFound):
        change(campaign)
    with pytest.raises(NotFound):
        issue_pass(campaign=campaign, now=LATER)
    with pytest.raises(PreconditionFailed, check=lambda refusal: refusal.errors == {"campaign": "Campaign not found."}):
        delete(campaign)
    assert Event.objects.filter(campaign=campaign, kind="campaign_deleted").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'purge_campaign'")
        assert [str(campaign.id) in str(args) for (args,) in cursor.fetchall()] == [True]


def test_purging_removes_everything_but_the_template(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.operations.purge_campaign.CHUNK", 2)
    for _ in range(5):
        issue(campaign)
    other = toy_town(campaign.organization, name="Other")
    kept = issue(other)
    purge_campaign(campaign_id=campaign.id)
    assert Pass.objects.filter(campaign=campaign).count() == 5, "nothing happens to one that is not deleted"
    delete(campaign)
    for _ in range(2):
        purge_campaign(campaign_id=campaign.id)
    assert list(Pass.objects.all()) == [kept]
    assert not Campaign.objects.filter(id=campaign.id).exists()
    assert not Event.objects.filter(campaign_id=campaign.id).exists()
    assert not Distribution.objects.filter(campaign_id=campaign.id).exists()
    assert Template.objects.filter(name="Template for Toy Town Generic Passes!").exists()


# --- at the same time ------------------------------------------------------------------------------------------------


def in_threads(work: Any, arguments: Any, threads: int = 8) -> list[Any]:
    def one(argument: Any) -> Any:
        try:
            return work(argument)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, arguments))


@pytest.mark.django_db(transaction=True)
def test_of_many_with_the_same_name_at_once_one_wins() -> None:
    organization = toy_maker()
    outcomes = in_threads(lambda _: toy_town(organization), range(16))
    assert len([outcome for outcome in outcomes if isinstance(outcome, Campaign)]) == 1
    refusals = [outcome.errors for outcome in outcomes if isinstance(outcome, ValidationFailed)]
    assert refusals == [{"name": ["has already been taken"]}] * 15
    assert Campaign.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_generated_templates_get_different_names_at_once() -> None:
    organization = toy_maker()
    made = in_threads(lambda style: toy_town(organization, style, transit_type="air"), list(Style))
    assert len({campaign.template.name for campaign in made}) == len(Style)


@pytest.mark.django_db(transaction=True)
def test_updates_at_once_lose_nothing() -> None:
    campaign = toy_town(toy_maker())
    keys = [f"key{number}" for number in range(24)]
    in_threads(lambda key: change(campaign, fields=(sent(key, Position.BACK, value=key),)), keys)
    campaign.refresh_from_db()
    assert campaign.epoch == 25
    assert {field.key for field in newest_revision(campaign).fields if field.position is Position.BACK} == set(keys)


@pytest.mark.django_db(transaction=True)
def test_passes_and_updates_at_once_neither_mix_nor_lose() -> None:
    """A pass made at an epoch shows exactly that revision."""
    campaign = toy_town(toy_maker())

    def work(number: int) -> Any:
        if number % 4:
            return issue(campaign, fields=(sent("member", Position.PRIMARY, value=str(number)),))
        level = (sent("level", Position.AUXILIARY, value=str(number), behaviour=Behaviour.FIXED),)
        return change(campaign, now=NOW + timedelta(seconds=number), fields=level)

    outcomes = in_threads(work, range(40))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    campaign.refresh_from_db()
    assert (campaign.epoch, campaign.next_code) == (11, 31)
    levels = {row.epoch: row.content["fields"][2].get("value") for row in campaign.revisions.all()}
    for row in Pass.objects.all():
        assert shown(campaign, row)["level"] == levels[row.epoch]
