"""Campaigns of the generic type: every route, root and answer."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, CampaignRevision, Distribution, Event, Template
from passwright.queries import revisions
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, refused, toy_town

pytestmark = pytest.mark.usefixtures("certificates")

KEYS = [
    "id",
    "name",
    "template_id",
    "certificate_id",
    "organization_name",
    "gwallet_usage",
    "gwallet_status",
    "gwallet_message",
    "barcode",
    "barcodes",
    "allow_multiple_redeems",
    "header_fields",
    "primary_fields",
    "secondary_fields",
    "auxiliary_fields",
    "back_fields",
    "locations",
    "beacons",
    "expiration_date",
    "code_type",
    "code_fixed_value",
    "render_on_short_url",
    "redeem_count",
    "remote_form_url",
    "og",
    "og_description",
    "javascript",
    "stylesheet",
    "created_at",
    "updated_at",
    "user_info",
]
"""In the order of the traffic that the contract prints."""


@pytest.fixture
def icon(api: Api) -> str:
    return api.upload("icon")


def make(api: Api, icon: str, **attributes: Any) -> dict[str, Any]:
    body = {"generic": {"name": f"Campaign {uuid4()}", "icon_id": icon, **attributes}}
    made: dict[str, Any] = ok(api.post("/v2/generics", body), 201)
    return made


def test_the_answer_has_every_attribute_in_the_documented_order(api: Api, icon: str) -> None:
    made = make(api, icon)
    assert list(made)[: len(KEYS)] == KEYS
    assert set(made) - set(KEYS) == {
        "page_url",
        "pkpass_url",
        "page_short_url",
        "pkpass_short_url",
        "distributions",
        "state",
        "description",
        "max_distance",
        "relevant_date",
        "associated_store_identifiers",
        "sync_locations_on_merge",
        "sync_beacons_on_merge",
        "merge_on_update",
        "time_zone",
        "transit_type",
        "icon_id",
        "logo_id",
        "strip_id",
        "thumbnail_id",
        "background_id",
        "footer_id",
        "logo_text",
        "background_color",
        "text_color",
        "label_color",
        "language",
        "country",
        "days_valid",
        "after_create",
        "confirm_by_email",
        "allow_update",
        "allow_delete",
        "allow_transfer",
    }


def test_defaults(api: Api, icon: str) -> None:
    made = make(api, icon, name="Plain")
    plain = {
        "organization_name": "your company",
        "gwallet_usage": False,
        "gwallet_status": None,
        "gwallet_message": None,
        "barcode": {"format": "none", "message": "", "alt_text": "", "alt_text_type": "mirror"},
        "barcodes": [],
        "allow_multiple_redeems": False,
        "header_fields": [],
        "primary_fields": [],
        "secondary_fields": [],
        "auxiliary_fields": [],
        "back_fields": [],
        "locations": [],
        "beacons": [],
        "expiration_date": None,
        "code_type": "sequencial",
        "code_fixed_value": None,
        "render_on_short_url": False,
        "redeem_count": 0,
        "remote_form_url": None,
        "og": True,
        "og_description": "",
        "javascript": None,
        "stylesheet": None,
        "user_info": {},
        "state": "published",
        "description": "Plain",
        "max_distance": None,
        "relevant_date": None,
        "associated_store_identifiers": [],
        "sync_locations_on_merge": True,
        "sync_beacons_on_merge": True,
        "merge_on_update": False,
        "time_zone": "UTC",
        "transit_type": None,
        "icon_id": icon,
        "logo_id": None,
        "strip_id": None,
        "thumbnail_id": None,
        "background_id": None,
        "footer_id": None,
        "logo_text": None,
        "background_color": None,
        "text_color": None,
        "label_color": None,
    }
    assert {name: made[name] for name in plain} == plain


def test_the_distribution(api: Api, icon: str) -> None:
    made = make(api, icon)
    link = Distribution.objects.get(campaign=made["id"])
    assert made["distributions"] == [
        {
            "id": str(link.id),
            "distribution_type": "downloadPage",
            "state": "published",
            "page_url": made["page_url"],
            "pkpass_url": f"{made['page_url']}.pkpass",
            "preview_url": f"{made['page_url']}.png?updated_at={int(link.created_at.timestamp())}",
            "page_short_url": f"{made['page_url'].replace('/p/', '/d/')}",
            "pkpass_short_url": f"{made['page_url'].replace('/p/', '/d/')}.pkpass",
            "preview_short_url": f"{made['page_url'].replace('/p/', '/d/')}.png"
            f"?updated_at={int(link.created_at.timestamp())}",
            "created_at": f"{link.created_at:%Y-%m-%dT%H:%M:%S}.{link.created_at.microsecond // 1000:03}Z",
            "updated_at": f"{link.updated_at:%Y-%m-%dT%H:%M:%S}.{link.updated_at.microsecond // 1000:03}Z",
            "published_at": f"{link.created_at:%Y-%m-%dT%H:%M:%S}.{link.created_at.microsecond // 1000:03}Z",
            "name": "",
            "pass_limit": None,
            "issued_count": 0,
            "starts_at": None,
            "ends_at": None,
            "has_password": False,
            "returning": "always_new",
            "distinct_key": None,
            "captcha": False,
            "claims_per_hour": None,
            "embed_origins": [],
        }
    ]
    for name in ("page_url", "pkpass_url", "page_short_url", "pkpass_short_url"):
        assert made[name] == made["distributions"][0][name]


@pytest.mark.parametrize("root", ["generic", "pass", None])
def test_create_under_the_types_root_under_pass_and_bare(api: Api, icon: str, root: str | None) -> None:
    attributes = {"name": "Rooted", "icon_id": icon}
    made = ok(api.post("/v2/generics", {root: attributes} if root else attributes), 201)
    assert (made["name"], made["icon_id"]) == ("Rooted", icon)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("root", ["generic", "pass", None])
def test_update_under_every_root_by_both_methods(api: Api, icon: str, root: str | None, method: str) -> None:
    made = make(api, icon, javascript="1")
    attributes = {"javascript": "2"}
    body = {root: attributes} if root else attributes
    changed = ok(api.request(method, f"/v2/generics/{made['id']}", body))
    assert changed["javascript"] == "2"
    assert ok(api.get(f"/v2/generics/{made['id']}")) == changed


def test_create_with_a_template(api: Api, icon: str) -> None:
    first = make(api, icon, logo_text="Toy Town", background_color="#c51f1f", barcode={"format": "aztec"})
    second = ok(api.post("/v2/generics", {"generic": {"name": "Second", "template_id": first["template_id"]}}), 201)
    assert second["template_id"] == first["template_id"]
    for name in ("icon_id", "logo_text", "background_color", "barcode"):
        assert second[name] == first[name]


def test_a_template_with_presentation_attributes_makes_a_new_one_from_it(api: Api, icon: str) -> None:
    first = make(api, icon, logo_text="Toy Town", background_color="#c51f1f")
    attributes = {"name": "Second", "template_id": first["template_id"], "background_color": "#facada"}
    second = ok(api.post("/v2/generics", {"generic": attributes}), 201)
    assert second["template_id"] != first["template_id"]
    assert (second["logo_text"], second["background_color"]) == ("Toy Town", "#facada")
    assert ok(api.get(f"/v2/templates/{first['template_id']}"))["background_color"] == "#c51f1f"


def test_content_and_settings_leave_the_template_alone(api: Api, icon: str) -> None:
    made = make(api, icon)
    changes = {"back_fields": [{"key": "terms", "value": "None"}], "og": False, "locations": []}
    changed = ok(api.patch(f"/v2/generics/{made['id']}", {"generic": changes}))
    assert changed["template_id"] == made["template_id"]
    assert Template.objects.count() == 1


def test_an_update_with_another_template_takes_its_look(api: Api, icon: str) -> None:
    made = make(api, icon, background_color="#c51f1f")
    other = make(api, icon, background_color="#00ff00")
    changed = ok(api.patch(f"/v2/generics/{made['id']}", {"generic": {"template_id": other["template_id"]}}))
    assert (changed["template_id"], changed["background_color"]) == (other["template_id"], "#00ff00")


def test_fields_merge_by_key_and_keep_their_order(api: Api, icon: str) -> None:
    made = make(
        api,
        icon,
        back_fields=[{"key": "a", "value": "1", "label": "A"}, {"key": "b", "value": "2", "label": "B"}],
    )
    sent = [{"key": "c", "value": "3"}, {"key": "a", "value": "9"}]
    changed = ok(api.patch(f"/v2/generics/{made['id']}", {"generic": {"back_fields": sent}}))
    shown = [(field["key"], field["value"], field["label"]) for field in changed["back_fields"]]
    assert shown == [("a", "9", "A"), ("b", "2", "B"), ("c", "3", None)]


def test_destroy_takes_a_field_away(api: Api, icon: str) -> None:
    made = make(api, icon, back_fields=[{"key": "a"}, {"key": "b"}])
    sent = {"generic": {"back_fields": [{"key": "a", "_destroy": True}]}}
    changed = ok(api.patch(f"/v2/generics/{made['id']}", sent))
    assert [field["key"] for field in changed["back_fields"]] == ["b"]


def test_places_are_replaced(api: Api, icon: str) -> None:
    made = make(api, icon, locations=[{"latitude": 1, "longitude": 2}, {"latitude": 3, "longitude": 4}])
    sent = {"generic": {"locations": [{"latitude": 5, "longitude": 6}]}}
    changed = ok(api.patch(f"/v2/generics/{made['id']}", sent))
    assert [place["latitude"] for place in changed["locations"]] == [5.0]
    assert ok(api.patch(f"/v2/generics/{made['id']}", {"generic": {"locations": []}}))["locations"] == []


def test_an_empty_update_changes_nothing(api: Api, icon: str) -> None:
    made = make(api, icon)
    path = f"/v2/generics/{made['id']}"
    assert ok(api.patch(path)) == made
    for body in (None, {}, [], {"generic": {}}, {"generic": []}, {"generic": None}, {"pass": []}):
        assert ok(api.patch(path, body)) == made
    assert CampaignRevision.objects.count() == 1
    assert not Event.objects.filter(kind=Event.Kind.CAMPAIGN_UPDATED).exists()


def test_a_campaign_needs_a_name_and_an_icon(api: Api) -> None:
    for body in (None, {}, [], {"generic": {}}, {"generic": []}):
        assert refused(api.post("/v2/generics", body))["name"] == ["can't be blank"]
    assert refused(api.post("/v2/generics", {"generic": {"name": "Bare"}})) == {"icon_id": ["can't be blank"]}
    assert Campaign.objects.count() == Template.objects.count() == 0


def test_a_name_is_taken_once_and_free_again_after_a_delete(api: Api, icon: str) -> None:
    made = make(api, icon, name="Once")
    body = {"generic": {"name": "Once", "icon_id": icon}}
    assert refused(api.post("/v2/generics", body)) == {"name": ["has already been taken"]}
    other = make(api, icon)
    assert refused(api.patch(f"/v2/generics/{other['id']}", {"generic": {"name": "Once"}})) == {
        "name": ["has already been taken"]
    }
    assert ok(api.delete(f"/v2/generics/{made['id']}")) == {"errors": []}
    assert ok(api.post("/v2/generics", body), 201)["name"] == "Once"


def test_the_same_name_in_another_organization(api: Api, stranger: Api, icon: str) -> None:
    make(api, icon, name="Once")
    assert make(stranger, stranger.upload("icon"), name="Once")["name"] == "Once"


@pytest.mark.parametrize("unknown", ["00000000-0000-4000-8000-000000000000", "7", "not-an-id", "%00", "é"])
def test_an_unknown_campaign(api: Api, unknown: str) -> None:
    path = f"/v2/generics/{unknown}"
    expected = {"campaign": "Campaign not found."}
    assert refused(api.get(path), 404) == expected
    assert refused(api.patch(path, {"generic": {"name": "x"}}), 404) == expected
    assert refused(api.put(path, {"generic": {"name": "x"}}), 404) == expected
    assert refused(api.delete(path, {}), 412) == expected
    assert refused(api.get(f"{path}/passes"), 404) == expected
    assert refused(api.post(f"{path}/passes"), 404) == expected
    assert refused(api.get(f"{path}/passes/{uuid4()}"), 404) == expected
    assert refused(api.patch(f"{path}/passes/{uuid4()}"), 404) == expected
    assert refused(api.delete(f"{path}/passes/{uuid4()}"), 404) == expected


def test_a_deleted_campaign_is_unknown_with_its_passes(api: Api, icon: str) -> None:
    made = make(api, icon)
    path = f"/v2/generics/{made['id']}"
    issued = ok(api.post(f"{path}/passes"), 201)
    assert ok(api.delete(path, {})) == {"errors": []}
    assert refused(api.get(path), 404) == {"campaign": "Campaign not found."}
    assert refused(api.get(f"{path}/passes/{issued['id']}"), 404) == {"campaign": "Campaign not found."}
    assert refused(api.post(f"{path}/passes"), 404) == {"campaign": "Campaign not found."}
    assert refused(api.delete(path, {}), 412) == {"campaign": "Campaign not found."}


def test_an_id_in_capitals_is_the_same_id(api: Api, icon: str) -> None:
    made = make(api, icon)
    assert ok(api.get(f"/v2/generics/{made['id'].upper()}"))["id"] == made["id"]


def test_a_change_to_the_campaign_is_for_later_passes(api: Api, icon: str) -> None:
    made = make(api, icon, back_fields=[{"key": "a", "value": "old"}])
    path = f"/v2/generics/{made['id']}"
    earlier = ok(api.post(f"{path}/passes"), 201)
    ok(api.patch(path, {"generic": {"back_fields": [{"key": "a", "value": "new"}]}}))
    later = ok(api.post(f"{path}/passes"), 201)
    assert ok(api.get(f"{path}/passes/{earlier['id']}")) == earlier
    assert later["back_fields"][0]["value"] == "new"


def test_a_campaign_that_merges_on_update_changes_all_passes(api: Api, icon: str) -> None:
    made = make(api, icon, back_fields=[{"key": "a", "value": "old"}], merge_on_update=True)
    path = f"/v2/generics/{made['id']}"
    earlier = ok(api.post(f"{path}/passes"), 201)
    ok(api.patch(path, {"generic": {"back_fields": [{"key": "a", "value": "new"}]}}))
    assert ok(api.get(f"{path}/passes/{earlier['id']}"))["back_fields"][0]["value"] == "new"


def test_listing_takes_the_same_statements_for_one_and_for_many(
    api: Api, icon: str, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        make(api, icon)
    with django_assert_num_queries(4):  # count, campaigns, revisions, distributions; credentials come beside the ORM
        assert len(ok(api.get("/v2/generics"))) == 3
    for _ in range(22):
        make(api, icon)
    revisions.kept.clear()
    with django_assert_num_queries(4):
        assert len(ok(api.get("/v2/generics"))) == 25


def names(api: Api, query: str) -> list[str]:
    return [campaign["name"] for campaign in ok(api.get(f"/v2/generics?{query}"))]


def test_filters_and_order(api: Api, icon: str) -> None:
    make(api, icon, name="Toy Town", organization_name="Toys")
    make(api, icon, name="Una Salus Victus", description="Latin", allow_multiple_redeems=True)
    make(api, icon, name="House", expiration_date="2030-01-01T00:00:00Z")
    everything = ["Toy Town", "Una Salus Victus", "House"]
    assert names(api, "q[name_eq]=House") == ["House"]
    assert names(api, "q[name_eq]=Una Salus Victus") == ["Una Salus Victus"]
    assert names(api, "q%5Bname_cont%5D=town") == ["Toy Town"]
    assert names(api, "q%5Bname_cont%5D%3Dtown") == ["Toy Town"]
    assert names(api, "q[name_match]=%25us%25") == ["Una Salus Victus", "House"]
    assert names(api, "q[name_matches]=House") == ["House"]
    assert names(api, "q[name_not_eq]=House") == ["Toy Town", "Una Salus Victus"]
    assert names(api, "q[description_eq]=Latin") == ["Una Salus Victus"]
    assert names(api, "q[description_eq]=House") == ["House"]
    assert names(api, "q[organization_name_eq]=Toys") == ["Toy Town"]
    assert names(api, "q[organization_name_eq]=your company") == ["Una Salus Victus", "House"]
    assert names(api, "q[allow_multiple_redeems_eq]=true") == ["Una Salus Victus"]
    assert names(api, "q[state_eq]=published") == everything
    assert names(api, "q[code_type_eq]=fixed") == []
    assert names(api, "q[redeem_count_eq]=0") == everything
    assert names(api, "q[redeem_count_gt]=0") == []
    assert names(api, "q[expiration_date_gteq]=2029-12-31") == ["House"]
    assert names(api, "q[gwallet_status_eq]=local") == []
    assert names(api, "q[created_at_lteq]=2020-01-01") == []
    assert names(api, "q[updated_at_gt]=2020-01-01") == everything
    assert names(api, "q[s]=name+desc") == sorted(everything, reverse=True)
    assert names(api, "q[s]=name") == sorted(everything)
    assert names(api, "q[name_cont]=o&q[s]=name+asc") == ["House", "Toy Town"]


def test_filters_by_template_and_certificate(api: Api, icon: str) -> None:
    made, _ = make(api, icon), make(api, icon)
    assert names(api, f"q[template_id_eq]={made['template_id']}") == [made["name"]]
    assert len(names(api, f"q[certificate_id_eq]={made['certificate_id']}")) == 2


def test_an_unknown_filter_is_ignored_and_named(api: Api, icon: str) -> None:
    make(api, icon)
    answer = api.get("/v2/generics?q[email_eq]=x&q[name_almost]=y")
    assert len(ok(answer)) == 1
    assert answer["X-Ignored-Params"] == "q[email_eq], q[name_almost]"


def test_pages(api: Api, icon: str) -> None:
    made = [make(api, icon)["id"] for _ in range(5)]
    answer = api.get("/v2/generics?per_page=2&page=2")
    assert [campaign["id"] for campaign in ok(answer)] == made[2:4]
    assert {name: answer[f"X-{name}"] for name in ("Total", "Total-Pages", "Page", "Per-Page", "Offset")} == {
        "Total": "5",
        "Total-Pages": "3",
        "Page": "2",
        "Per-Page": "2",
        "Offset": "0",
    }
    assert (answer["X-Next-Page"], answer["X-Prev-Page"]) == ("3", "1")
    assert not api.get("/v2/generics?per_page=2&page=3").has_header("X-Next-Page")
    assert not api.get("/v2/generics?per_page=2").has_header("X-Prev-Page")
    past = api.get("/v2/generics?per_page=2&page=9")
    assert ok(past) == []
    assert not past.has_header("X-Next-Page")
    assert [campaign["id"] for campaign in ok(api.get("/v2/generics?offset=3"))] == made[3:]


def test_toy_town_round_trip(api: Api) -> None:
    """What a client read it can send back: nothing changes."""
    made = ok(api.post("/v2/generics", toy_town(api.upload("icon"), api.upload("logo"))), 201)
    assert ok(api.put(f"/v2/generics/{made['id']}", {"generic": made})) == {
        **made,
        "updated_at": ok(api.get(f"/v2/generics/{made['id']}"))["updated_at"],
    }
