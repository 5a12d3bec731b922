"""What the contract says of one type of campaign holds for all five: the same routes, attributes and answers."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.passes.content import Style
from tests.interfaces.api import test_campaign_attributes, test_campaign_refusals, test_generics, test_passes
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.five_types import (
    EXAMPLES,
    LISTS,
    SLOTS,
    attributes_of,
    create,
    every_type,
    issue,
    path_of,
)
from tests.interfaces.api.test_campaign_traps import test_28_no_key_hides_a_method_of_the_ruby_client as check_keys
from tests.interfaces.api.toy_town import ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

FAR = {Style.BOARDING_PASS, Style.EVENT_TICKET}
GOOGLE = {Style.COUPON, Style.STORE_CARD}


def plain(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: field[name] for name in ("key", "value", "label", "behaviour")} for field in fields]


def expected_field(sent: dict[str, Any]) -> dict[str, Any]:
    """A field as it comes out: texts, ``null`` where nothing was said, and a behaviour."""
    value = sent.get("value")
    return {
        "key": sent["key"],
        "value": None if value is None else str(value),
        "label": sent.get("label"),
        "behaviour": sent.get("behaviour", sent.get("behavior", "fixed")),
    }


@every_type
def test_the_printed_example_comes_out_as_it_went_in(api: Api, kind: CampaignType) -> None:
    sent = EXAMPLES[kind.style]
    made = create(api, kind, **sent)
    for name in LISTS:
        assert plain(made[name]) == [expected_field(field) for field in sent.get(name, [])]
    assert made["text_color"] == sent.get("text_color", sent.get("foreground_color"))
    assert "foreground_color" not in made
    assert made["barcode"]["format"] == sent["barcode"]["format"]
    assert (made["barcode"]["message"], made["barcode"]["alt_text"]) == ("", "")
    for name in ("name", "background_color", "label_color", "logo_text", "user_info", "allow_multiple_redeems"):
        assert made[name] == sent.get(name, {"user_info": {}, "allow_multiple_redeems": False}.get(name))
    assert made["description"] == sent.get("description", sent["name"])
    assert made["code_type"] == "sequencial"
    assert made["transit_type"] == sent.get("transit_type")
    assert ok(api.get(path_of(kind, made))) == made
    assert ok(api.get(f"/v2/{kind.segment}/")) == [made]


def test_the_rest_of_the_examples(api: Api) -> None:
    kinds = {kind.style: kind for kind in TYPES}
    coupon = create(api, kinds[Style.COUPON], **EXAMPLES[Style.COUPON])
    assert coupon["expiration_date"] == "2030-04-24T10:00:00.000+00:00"
    assert coupon["locations"] == [
        {"latitude": 37.6189722, "longitude": -122.3748889, "altitude": None, "relevant_text": "Shop nearby"}
    ]
    assert coupon["gwallet_usage"] is True
    ticket = create(api, kinds[Style.EVENT_TICKET], **EXAMPLES[Style.EVENT_TICKET])
    assert ticket["relevant_date"] == "2030-12-08T13:00:00.000+00:00"
    assert ticket["max_distance"] == 1000
    (beacon,) = ticket["beacons"]
    assert (beacon["major"], type(beacon["major"]), beacon["minor"], beacon["relevant_text"]) == (0, int, 0, "Welcome")
    card = create(api, kinds[Style.STORE_CARD], **EXAMPLES[Style.STORE_CARD])
    assert card["associated_store_identifiers"] == [284910350, 375380948]
    assert card["header_fields"][0]["value"] == "12.5"


@every_type
def test_the_example_by_template(api: Api, kind: CampaignType) -> None:
    """``template_id`` instead of the look, under the other root, with a look that was made as a template."""
    template = {"name": "Look", "pass_type": kind.style, "icon_id": api.upload("icon"), "logo_text": "Toy Town"}
    template |= {"transit_type": "train"} if kind.style is Style.BOARDING_PASS else {}
    look = ok(api.post("/v2/templates", {"template": template}), 201)
    made = ok(api.post(f"/v2/{kind.segment}", {"pass": {"name": "By template", "template_id": look["id"]}}), 201)
    assert (made["template_id"], made["icon_id"], made["logo_text"]) == (look["id"], look["icon_id"], "Toy Town")
    assert made["transit_type"] == template.get("transit_type")
    assert made["barcode"]["format"] == "none"
    for other in TYPES:
        if other is not kind:
            body = {other.root: {"name": "Elsewhere", "template_id": look["id"]}}
            assert list(refused(api.post(f"/v2/{other.segment}", body))) == ["template_id"]


@every_type
def test_the_answers_have_the_same_keys_and_defaults(api: Api, kind: CampaignType) -> None:
    made = create(api, kind)
    issued = issue(api, path_of(kind, made))
    assert list(made)[: len(test_generics.KEYS)] == test_generics.KEYS
    assert set(issued) == test_passes.KEYS
    assert not test_passes.KEYS & {"authentication_token", f"{kind.root}_id"}
    check_keys(made, issued)
    for shown in (made, issued):
        assert [shown[name] for name in (*LISTS, "locations", "beacons")] == [[]] * 7
        assert (shown["user_info"], shown["max_distance"], shown["expiration_date"]) == ({}, None, None)
    assert (
        made["barcode"]
        == issued["barcode"]
        == {
            "format": "none",
            "message": "",
            "alt_text": "",
            "alt_text_type": "mirror",
        }
    )
    assert (made["barcodes"], issued["barcodes"]) == ([], [issued["barcode"]])
    assert (made["state"], made["redeem_count"], made["allow_multiple_redeems"]) == ("published", 0, False)
    assert (issued["redeem_code"], issued["redeemed_count"], issued["redeemed_at"]) == ("0000001", 0, None)
    assert issued["serial_number"] != issued["id"]


@every_type
def test_version_one_says_more(api: Api, kind: CampaignType) -> None:
    made = create(api, kind)
    issued = issue(api, path_of(kind, made))
    old = ok(api.get(f"/v1/{kind.segment}/{made['id']}/passes/{issued['id']}"))
    assert set(old) - set(issued) == {f"{kind.root}_id", "authentication_token", "transit_type"}
    assert old[f"{kind.root}_id"] == made["id"]
    assert issued.pop("values") == {}
    assert {name: old[name] for name in issued} == issued
    assert ok(api.get(f"/v1/{kind.segment}/{made['id']}/passes")) == [old]
    assert ok(api.get(f"/v1/{kind.segment}/{made['id']}")) == made
    body = {kind.root: attributes_of(api, kind, barcode="aztec")}
    assert ok(api.post(f"/v1/{kind.segment}", body), 201)["barcode"]["format"] == "aztec"
    assert refused(api.post(f"/v2/{kind.segment}", body)) == {"barcode": ["must be an object"]}


@every_type
def test_every_attribute(api: Api, kind: CampaignType) -> None:
    """One campaign that takes them all, one after the other; but a code without a format keeps that of the last."""
    icon = api.upload("icon")
    path = path_of(kind, create(api, kind, icon_id=icon))
    for name, sent, generic in test_campaign_attributes.ATTRIBUTES:
        if name == "barcode":
            path = path_of(kind, create(api, kind, icon_id=icon))
        expected = {
            ("max_distance", 5000): 1000 if kind.style in FAR else 100,
            ("gwallet_usage", True): kind.style in GOOGLE,
        }.get((name, sent if isinstance(sent, int) else None), generic)
        changed = ok(api.patch(path, {kind.root: {name: sent}}))
        assert changed[name] == expected, (name, sent)
        assert ok(api.get(path)) == changed


@every_type
def test_every_picture_is_kept_whether_the_type_draws_it_or_not(api: Api, kind: CampaignType) -> None:
    pictures = {f"{slot}_id": api.upload(slot) for slot in SLOTS}
    made = create(api, kind, **pictures)
    assert {name: made[name] for name in pictures} == pictures
    issued = issue(api, path_of(kind, made))
    assert {name: issued[name] for name in pictures} == pictures
    others = {f"{slot}_id": api.upload(slot) for slot in SLOTS}
    own = issue(api, path_of(kind, made), **others)
    assert {name: own[name] for name in others} == others
    wrong = {"strip_id": pictures["logo_id"], "icon_id": pictures["footer_id"]}
    assert set(refused(api.patch(path_of(kind, made), {kind.root: wrong}))) == set(wrong)


@every_type
def test_everything_that_is_wrong_is_refused_and_nothing_written(api: Api, kind: CampaignType) -> None:
    path = path_of(kind, create(api, kind))
    one = f"{path}/passes/{issue(api, path)['id']}"
    before = test_campaign_refusals.rows()
    for sent, errors in (*test_campaign_refusals.SHARED, *test_campaign_refusals.OF_CAMPAIGNS):
        assert refused(api.patch(path, {kind.root: sent})) == errors
    for sent, errors in (*test_campaign_refusals.SHARED, *test_campaign_refusals.OF_PASSES):
        assert refused(api.patch(one, {"pass": sent})) == errors
    assert test_campaign_refusals.rows() == before


@every_type
def test_a_colour_has_three_or_six_digits(api: Api, kind: CampaignType) -> None:
    """The documents print a lower bound of five digits."""
    names = ("text_color", "background_color", "label_color", "foreground_color")
    for colour in ("#00000", "#1234567", "#12", "000000", "#ggg"):
        body = {kind.root: attributes_of(api, kind, icon_id=None, **dict.fromkeys(names, colour))}
        errors = refused(api.post(f"/v2/{kind.segment}", body))
        assert set(errors) == {"text_color", "background_color", "label_color"}
        assert refused(api.post(f"/v2/{kind.segment}", {kind.root: {"foreground_color": colour}}))["foreground_color"]
    assert Campaign.objects.count() == 0


@every_type
def test_distances_are_brought_within_what_the_type_may_have(api: Api, kind: CampaignType) -> None:
    path = path_of(kind, create(api, kind))
    one = f"{path}/passes/{issue(api, path)['id']}"
    for metres in (0, 1, 99, 100, 101, 1000, 1001, "5000", 10**12):
        kept = min(int(metres), 1000 if kind.style in FAR else 100)
        assert ok(api.patch(path, {kind.root: {"max_distance": metres}}))["max_distance"] == kept
        assert ok(api.patch(one, {"pass": {"max_distance": metres}}))["max_distance"] == kept
        assert issue(api, path)["max_distance"] == kept


@every_type
def test_google_takes_two_types(api: Api, kind: CampaignType) -> None:
    made = create(api, kind, gwallet_usage=True)
    assert made["gwallet_usage"] is (kind.style in GOOGLE)
    assert made["gwallet_message"] is None
    issued = ok(api.post(f"{path_of(kind, made)}/passes"), 201)
    names = ("gwallet_usage", "gwallet_status", "gwallet_message")
    assert [issued[name] for name in names] == [made[name] for name in names]
    assert create(api, kind, gwallet_usage=None)["gwallet_usage"] is False


BOARDING = next(kind for kind in TYPES if kind.style is Style.BOARDING_PASS)


@pytest.mark.parametrize("way", ["air", "boat", "bus", "train", "generic"])
def test_the_ways_of_travelling(api: Api, way: str) -> None:
    made = create(api, BOARDING, transit_type=way)
    assert made["transit_type"] == way
    path = path_of(BOARDING, made)
    one = ok(api.post(f"/v1/boarding_passes/{made['id']}/passes"), 201)
    assert one["transit_type"] == way
    assert ok(api.patch(path, {"boarding_pass": {"transit_type": "boat"}}))["transit_type"] == "boat"
    assert ok(api.get(f"/v1/boarding_passes/{made['id']}/passes/{one['id']}"))["transit_type"] == way


@pytest.mark.parametrize("way", [None, "", " "])
def test_a_boarding_pass_needs_one(api: Api, way: Any) -> None:
    body = {"boarding_pass": attributes_of(api, BOARDING, transit_type=way)}
    assert refused(api.post("/v2/boarding_passes", body)) == {"transit_type": ["can't be blank for a boardingPass"]}
    made = create(api, BOARDING)
    changed = api.patch(path_of(BOARDING, made), {"boarding_pass": {"transit_type": way}})
    assert refused(changed) == {"transit_type": ["can't be blank for a boardingPass"]}


@every_type
def test_other_types_take_a_way_of_travelling_and_do_not_show_it(api: Api, kind: CampaignType) -> None:
    if kind is not BOARDING:
        assert create(api, kind, transit_type="air")["transit_type"] is None
    assert create(api, kind, transit_type="air")["name"]


CODES: list[tuple[dict[str, Any], dict[str, Any], tuple[str, str, str]]] = [
    ({"barcode": {}}, {}, ("qrcode", "0000001", "0000001")),
    ({"barcode": {"format": "none"}}, {}, ("none", "", "")),
    ({"barcode": {"format": "pdf417", "message": "M"}}, {}, ("pdf417", "M", "M")),
    ({"barcode": {"format": "aztec"}}, {"barcode": []}, ("aztec", "0000001", "0000001")),
    ({"barcode": {"format": "ean128", "alt_text": "T", "alt_text_type": "custom"}}, {}, ("ean128", "0000001", "T")),
    ({"barcode": {}, "code_type": "fixed", "code_fixed_value": "SAME"}, {}, ("qrcode", "SAME", "SAME")),
    ({"barcode": {}, "code_type": "per_pass"}, {"barcode": {"message": "MINE"}}, ("qrcode", "MINE", "MINE")),
    (
        {"code_type": "per_pass"},
        {"barcodes": [{"format": "ean128", "message": "12", "alt_text": "1-2"}]},
        ("ean128", "12", "1-2"),
    ),
]


@every_type
def test_codes(api: Api, kind: CampaignType) -> None:
    for of_campaign, of_pass, expected in CODES:
        made = create(api, kind, **of_campaign)
        issued = issue(api, path_of(kind, made), **of_pass)
        code = issued["barcode"]
        assert (code["format"], code["message"], code["alt_text"]) == expected, (of_campaign, of_pass)
        assert issued["barcodes"][0] == code
        own = made["code_type"] == "per_pass"
        assert issued["redeem_code"] == (code["message"] if own else "0000001")
        assert refused(api.patch(path_of(kind, made), {kind.root: {"code_type": "list"}})).keys() == {"code_type"}
    body = {kind.root: attributes_of(api, kind, code_type="fixed")}
    assert refused(api.post(f"/v2/{kind.segment}", body)) == {"code_fixed_value": ["can't be blank"]}


@every_type
def test_fields_are_merged_by_key_and_stay_in_order(api: Api, kind: CampaignType) -> None:
    """What is not sent of a field stays; what is new comes last; an event ticket's own back field is appended."""
    fields = [{"key": "a", "value": "1", "label": "A"}, {"key": "b"}, {"key": "c", "behaviour": "dynamic"}]
    for name in LISTS:
        path = path_of(kind, create(api, kind, **{name: fields}))
        made = issue(
            api, path, **{name: [{"key": "d", "value": 4}, {"key": "c", "value": "3"}, {"key": "a", "value": "9"}]}
        )
        assert plain(made[name]) == [
            {"key": "a", "value": "9", "label": "A", "behaviour": "fixed"},
            {"key": "b", "value": None, "label": None, "behaviour": "fixed"},
            {"key": "c", "value": "3", "label": None, "behaviour": "dynamic"},
            {"key": "d", "value": "4", "label": None, "behaviour": "fixed"},
        ]
        assert set(made[name][0]) == {"key", "value", "label", "behaviour"}
        changed = ok(api.patch(path, {kind.root: {name: [{"key": "b", "label": "B"}, {"key": "e"}]}}))
        assert [(field["key"], field["label"]) for field in changed[name]] == [
            ("a", "A"),
            ("b", "B"),
            ("c", None),
            ("e", None),
        ]
        assert set(changed[name][0]) > {"data_type", "required"}
        assert ok(api.get(f"{path}/passes/{made['id']}")) == made


@every_type
def test_fields_under_each_of_the_words_for_changing(api: Api, kind: CampaignType) -> None:
    path = path_of(kind, create(api, kind, back_fields=[{"key": "a"}]))
    one = f"{path}/passes/{issue(api, path)['id']}"
    for number, (method, root) in enumerate(
        [("PATCH", "pass"), ("PUT", "pass"), ("POST", "pass"), ("PATCH", kind.root)]
    ):
        body = {root: {"back_fields": [{"key": "a", "value": number}]}}
        assert ok(api.request(method, one, body))["back_fields"][0]["value"] == str(number)
    for number, (method, root) in enumerate(
        [("PATCH", kind.root), ("PUT", kind.root), ("PATCH", "pass"), ("PUT", "pass")]
    ):
        body = {root: {"back_fields": [{"key": "a", "value": number}]}}
        assert ok(api.request(method, path, body))["back_fields"][0]["value"] == str(number)


@every_type
def test_names_are_taken_within_a_type(api: Api, kind: CampaignType) -> None:
    create(api, kind, name="Once")
    body = {kind.root: attributes_of(api, kind, name="Once")}
    assert refused(api.post(f"/v2/{kind.segment}", body)) == {"name": ["has already been taken"]}
    for other in TYPES:
        if other is not kind:
            assert create(api, other, name="Once")["name"] == "Once"


PAIRS = list(permutations(TYPES, 2))


@pytest.mark.parametrize(("kind", "other"), PAIRS, ids=[f"{kind.root}-at-{other.segment}" for kind, other in PAIRS])
def test_a_campaign_is_not_there_at_another_types_address(api: Api, kind: CampaignType, other: CampaignType) -> None:
    made = create(api, kind)
    issued = issue(api, path_of(kind, made))
    wrong = path_of(other, made)
    gone = {"campaign": "Campaign not found."}
    change = {other.root: {"name": "x"}}
    assert refused(api.get(wrong), 404) == refused(api.patch(wrong, change), 404) == gone
    assert refused(api.delete(wrong, {}), 412) == gone
    assert refused(api.get(f"{wrong}/passes"), 404) == refused(api.post(f"{wrong}/passes"), 404) == gone
    for method in ("GET", "PATCH", "PUT", "POST", "DELETE"):
        assert refused(api.request(method, f"{wrong}/passes/{issued['id']}"), 404) == gone
    assert ok(api.get(f"/v2/{other.segment}")) == []
    assert ok(api.get(path_of(kind, made))) == made
    body = {kind.root: attributes_of(api, kind)}
    assert list(refused(api.post(f"/v2/{other.segment}", body))) == [kind.root]


@every_type
def test_a_strangers_campaign_is_not_there(api: Api, stranger: Api, kind: CampaignType) -> None:
    path = path_of(kind, create(stranger, kind))
    issued = issue(stranger, path)
    gone = {"campaign": "Campaign not found."}
    assert refused(api.get(path), 404) == refused(api.get(f"{path}/passes/{issued['id']}"), 404) == gone
    assert refused(api.patch(path, {kind.root: {"name": "mine"}}), 404) == gone
    assert refused(api.delete(path, {}), 412) == gone
    assert ok(api.get(f"/v2/{kind.segment}")) == []
    ours = path_of(kind, create(api, kind))
    assert refused(api.get(f"{ours}/passes/{issued['id']}"), 404) == {"pass": "Pass not found."}


@every_type
def test_the_singular_and_other_spellings_of_an_address(api: Api, kind: CampaignType) -> None:
    made = create(api, kind)
    one = issue(api, path_of(kind, made))
    for address in (
        f"/v2/{kind.root}/{made['id']}",
        f"/v2/{kind.segment}/{made['id']}/",
        f"/v2//{kind.segment}//{made['id']}.json",
        f"/v2/{kind.segment}/{made['id'].upper()}",
    ):
        assert ok(api.get(address)) == made
    assert ok(api.get(f"/v2/{kind.root}/{made['id']}/passes/{one['id']}/")) == one
    assert ok(api.get(f"/v2/{kind.root}")) == [made]


@every_type
def test_empty_bodies(api: Api, kind: CampaignType) -> None:
    made = create(api, kind, user_info={"a": 1})
    path = path_of(kind, made)
    for body in (None, {}, [], {kind.root: []}, {kind.root: {}}, {kind.root: None}, {"pass": []}):
        assert ok(api.patch(path, body)) == made
    for body in (None, {}, [], {"pass": []}, {"pass": {}}, {"pass": None}, {"pass": [], "merge": True}):
        assert ok(api.post(f"{path}/passes", body), 201)["user_info"] == {"a": 1}
    assert ok(api.patch(path, {kind.root: {"user_info": []}}))["user_info"] == {}
    assert ok(api.patch(path, {kind.root: {"barcode": []}}))["barcode"]["format"] == "qrcode"
    for wrong in ("x", 7, True, [1]):
        assert refused(api.patch(path, {kind.root: {"user_info": wrong}})) == {"user_info": ["must be an object"]}
    assert Pass.objects.count() == 7


def found(api: Api, path: str, query: str) -> list[str]:
    return [row["name"] for row in ok(api.get(f"{path}?{query}"))]


CONDITIONS = [
    ("q[name_eq]=House", "House"),
    ("q[name_not_eq]=House", "Toy Town,Una Salus Victus"),
    ("q[name_eq]=Una Salus Victus", "Una Salus Victus"),
    ("q%5Bname_cont%5D=TOWN", "Toy Town"),
    ("q%5Bname_cont%5D%3DHouse", "House"),
    ("q[name_match]=%25us%25", "Una Salus Victus,House"),
    ("q[name_matches]=toy%25", "Toy Town"),
    ("q[description_cont]=lat", "Una Salus Victus"),
    ("q[organization_name_eq]=Toys", "Toy Town"),
    ("q[state_eq]=published", "Toy Town,Una Salus Victus,House"),
    ("q[state_eq]=paused", ""),
    ("q[code_type_eq]=per_pass", "House"),
    ("q[redeem_count_eq]=0", "Toy Town,Una Salus Victus,House"),
    ("q[redeem_count_gt]=0", ""),
    ("q[allow_multiple_redeems_eq]=true", "Una Salus Victus"),
    ("q[allow_multiple_redeems_eq]=0", "Toy Town,House"),
    ("q[expiration_date_lt]=2031-01-01", "House"),
    ("q[created_at_gteq]=2016-12-19T16:46:32Z", "Toy Town,Una Salus Victus,House"),
    ("q[updated_at_lteq]=2016-12-19", ""),
    ("q[name_cont]=o&q[code_type_eq]=sequencial", "Toy Town"),
    ("q[s]=name+asc", "House,Toy Town,Una Salus Victus"),
    ("q[s]=name%2Bdesc", "Una Salus Victus,Toy Town,House"),
    ("q[s]=created_at desc", "House,Una Salus Victus,Toy Town"),
    ("q[sorts]=redeem_count asc,name desc", "Una Salus Victus,Toy Town,House"),
    ("q[email_match]=x&q[name_eq]=House", "House"),
]


@every_type
def test_conditions_and_order_of_campaigns(api: Api, kind: CampaignType) -> None:
    icon = api.upload("icon")
    create(api, kind, icon_id=icon, name="Toy Town", organization_name="Toys")
    latin = {"description": "Latin", "allow_multiple_redeems": True}
    create(api, kind, icon_id=icon, name="Una Salus Victus", **latin)
    house = create(api, kind, icon_id=icon, name="House", code_type="per_pass", expiration_date="2030-01-01T00:00:00Z")
    for other in TYPES:
        if other is not kind:
            create(api, other, icon_id=icon, name="House")
    path = f"/v2/{kind.segment}"
    for query, expected in CONDITIONS:
        assert ",".join(found(api, path, query)) == expected, query
    assert found(api, path, f"q[template_id_eq]={house['template_id']}") == ["House"]
    assert len(found(api, path, f"q[certificate_id_eq]={house['certificate_id']}")) == 3
    status = "q[gwallet_status_eq]=local"
    assert found(api, path, status) == []
    ok(api.patch(path_of(kind, house), {kind.root: {"gwallet_usage": True}}))
    assert found(api, path, status) == (["House"] if kind.style in GOOGLE else [])
    answer = api.get(f"{path}?q[email_match]=x&q[name_near]=y")
    assert answer["X-Ignored-Params"] == "q[email_match], q[name_near]"


@every_type
def test_conditions_and_order_of_passes(api: Api, kind: CampaignType) -> None:
    path = path_of(kind, create(api, kind))
    first = issue(api, path)
    issue(api, path, voided=True)
    issue(api, path, expiration_date="2030-01-01T00:00:00Z", relevant_date="2029-01-01T00:00:00Z")
    for query, expected in (
        (f"q[serial_number_eq]={first['serial_number']}", "1"),
        ("q[redeem_code_eq]=0000002", "2"),
        ("q[redeemed_count_lteq]=0", "123"),
        ("q[voided_eq]=true", "2"),
        ("q[redeemed_at_gt]=2020-01-01", ""),
        ("q[expiration_date_gt]=2029-12-31", "3"),
        ("q[relevant_date_lteq]=2029-01-01", "3"),
        ("q[s]=created_at+desc", "321"),
        ("q[s]=redeem_code&per_page=2", "12"),
        ("q[s]=redeem_code&per_page=2&page=2", "3"),
    ):
        listed = ok(api.get(f"{path}/passes?{query}"))
        assert "".join(row["redeem_code"][-1] for row in listed) == expected, query


@every_type
def test_pages(api: Api, kind: CampaignType) -> None:
    icon = api.upload("icon")
    made = [create(api, kind, icon_id=icon)["id"] for _ in range(26)]
    first, second = api.get(f"/v2/{kind.segment}"), api.get(f"/v2/{kind.segment}?page=2")
    assert [row["id"] for row in [*ok(first), *ok(second)]] == made
    assert (first["X-Next-Page"], first.has_header("X-Prev-Page")) == ("2", False)
    assert (second["X-Prev-Page"], second.has_header("X-Next-Page")) == ("1", False)
    assert (first["X-Total"], first["X-Total-Pages"], first["X-Per-Page"], first["X-Offset"]) == ("26", "2", "25", "0")
    assert ok(api.get(f"/v2/{kind.segment}?page=3")) == []


@every_type
def test_deleting(api: Api, kind: CampaignType) -> None:
    made = create(api, kind, name="Once")
    path = path_of(kind, made)
    one = issue(api, path)
    assert refused(api.delete(f"/v2/templates/{made['template_id']}", {}), 412)
    assert ok(api.delete(f"{path}/passes/{one['id']}", {})) == {"errors": []}
    assert refused(api.delete(f"{path}/passes/{one['id']}", {}), 404) == {"pass": "Pass not found."}
    assert issue(api, path)["redeem_code"] == "0000002"
    assert ok(api.delete(path, {})) == {"errors": []}
    assert refused(api.delete(path, {}), 412) == {"campaign": "Campaign not found."}
    assert refused(api.delete(f"/v2/{kind.segment}/{uuid4()}"), 412) == {"campaign": "Campaign not found."}
    assert create(api, kind, name="Once")["name"] == "Once"
