"""Values of fields in the API: sent by key beside the lists, shown by key, and the same in every door."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Pass
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.test_bulk import done, lines, result
from tests.interfaces.api.toy_town import ok, refused

pytestmark = pytest.mark.usefixtures("certificates")

ASKED: dict[str, Any] = {"behaviour": "dynamic"}
COLUMNS: dict[str, Any] = {
    "primary_fields": [{"key": "member", **ASKED, "required": True}],
    "auxiliary_fields": [
        {"key": "since", "data_type": "date", **ASKED},
        {"key": "level", "label": "LEVEL", "value": "Silver", **ASKED},
    ],
    "back_fields": [{"key": "terms", "value": "Only today"}],
}
MISSING = "The answer is missing. Fill it in."
DATE = "“soon” is not a date. Type year, month and day: 2026-11-22."


def campaign(api: Api, kind: CampaignType = TYPES[3], **columns: Any) -> str:
    """Its address."""
    body = {"name": str(uuid4()), "icon_id": api.upload("icon"), "transit_type": "air", **(columns or COLUMNS)}
    return f"/v2/{kind.segment}/{ok(api.post(f'/v2/{kind.segment}', {kind.root: body}), 201)['id']}"


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
def test_values_by_key_under_every_root(api: Api, kind: CampaignType) -> None:
    address = campaign(api, kind)
    said = {"member": "Ada", "since": "1815-12-10"}
    whole = {"member": "Ada", "since": "1815-12-10", "level": "Silver", "terms": "Only today"}
    for body in ({"pass": {"values": said}}, {kind.root: {"values": said}}, {"values": said}):
        made = ok(api.post(f"{address}/passes", body), 201)
        assert made["values"] == whole
        assert made["auxiliary_fields"][0]["value"] == "1815-12-10"
    one = f"{address}/passes/{made['id']}"
    assert ok(api.get(one))["values"] == whole
    assert ok(api.get(f"{address}/passes"))[2]["values"] == whole
    changed = ok(api.patch(one, {"pass": {"values": {"level": "Gold", "since": None}}}))
    assert changed["values"] == whole | {"level": "Gold", "since": None}
    assert ok(api.patch(one, {"pass": {"values": {"level": None}}}))["values"]["level"] == "Silver"


def test_version_1_does_not_know_them(api: Api) -> None:
    address = campaign(api)
    made = ok(api.post(f"{address}/passes".replace("v2", "v1"), {"pass": {"values": {"member": "Ada"}}}), 201)
    assert "values" not in made
    assert made["primary_fields"][0]["value"] == "Ada"


def test_what_is_wrong_is_named_where_it_was_sent(api: Api) -> None:
    passes = f"{campaign(api)}/passes"
    body: dict[str, Any] = {"pass": {"values": {"membr": "Ada", "since": "soon"}}}
    assert refused(api.post(passes, body)) == {
        "values.membr": ["is not a field of this campaign. Did you mean “member”?"],
        "values.since": [DATE],
        "values.member": [MISSING],
    }
    body = {"pass": {"auxiliary_fields": [{"key": "since", "value": "soon"}]}}
    assert refused(api.post(passes, body)) == {"auxiliary_fields.since": [DATE], "primary_fields.member": [MISSING]}
    assert refused(api.post(passes)) == {"primary_fields.member": [MISSING]}
    for wrong in (["a"], "a", 5):
        assert refused(api.post(passes, {"pass": {"values": wrong}})) == {"values": ["must be an object"]}
    assert not Pass.objects.exists()
    for nothing in (None, {}, []):
        made = ok(
            api.post(passes, {"pass": {"values": nothing, "primary_fields": [{"key": "member", "value": "A"}]}}), 201
        )
        assert made["values"]["member"] == "A"


def test_two_values_for_one_key(api: Api) -> None:
    passes = f"{campaign(api)}/passes"
    body = {"values": {"member": "Ada"}, "primary_fields": [{"key": "member", "value": "Eve"}]}
    two = "has one value in primary_fields and another in values. Send it once."
    assert refused(api.post(passes, {"pass": body})) == {"values.member": [two]}
    body["values"]["member"] = "Eve"  # type: ignore[index]  # a dictionary
    made = ok(api.post(passes, {"pass": body}), 201)
    made["primary_fields"][0]["value"] = "Bob"
    assert ok(api.patch(f"{passes}/{made['id']}", {"pass": made}))["values"]["member"] == "Bob"


def test_fields_of_the_pass_alone_stand_in_lists_alone(api: Api) -> None:
    passes = f"{campaign(api)}/passes"
    made = ok(api.post(passes, {"values": {"member": "Ada"}, "back_fields": [{"key": "own", "value": "x"}]}), 201)
    assert "own" not in made["values"]
    assert made["back_fields"][1]["value"] == "x"
    assert refused(api.patch(f"{passes}/{made['id']}", {"values": {"own": "y"}})) == {
        "values.own": ["is not a field of this campaign."]
    }


def test_every_kind_of_value(api: Api) -> None:
    types = (
        "text",
        "multiline",
        "number",
        "currency",
        "date",
        "datetime",
        "email",
        "phone",
        "url",
        "boolean",
        "choice",
    )
    fields: list[dict[str, Any]] = [
        {"key": each, "data_type": each, **ASKED} for each in (*types, "image", "locations")
    ]
    fields[types.index("choice")]["choices"] = ["Trucks", "Dolls"]
    passes = f"{campaign(api, back_fields=fields)}/passes"
    picture = api.upload("icon")
    sent: dict[str, Any] = {
        "text": 7,
        "multiline": "a\r\nb",
        "number": 12.5,
        "currency": "9.90",
        "date": "2027-01-31",
        "datetime": "2027-01-31 18:30",
        "email": "ada@Example.com",
        "phone": "+33 4 72 00 10 20",
        "url": "https://example.com",
        "boolean": True,
        "choice": "Dolls",
        "image": picture,
        "locations": [{"latitude": 38.72, "longitude": -9.14}],
    }
    made = ok(api.post(passes, {"pass": {"values": sent}}), 201)
    kept = {
        "text": "7",
        "multiline": "a\nb",
        "number": "12.5",
        "datetime": "2027-01-31T18:30",
        "email": "ada@example.com",
        "phone": "+33472001020",
        "boolean": "Yes",
        "locations": '[{"latitude":38.72,"longitude":-9.14}]',
    }
    assert made["values"] == sent | kept
    again = ok(api.patch(f"{passes}/{made['id']}", {"pass": {"values": made["values"]}}))
    assert again == made, "nothing has changed"
    wrong = refused(api.post(passes, {"pass": {"values": {**dict.fromkeys(sent, "?"), "text": {"a": 1}}}}))
    assert set(wrong) == {f"values.{each}" for each in sent} - {"values.multiline"}


@pytest.mark.parametrize("name", ["unknown", "fixed"])
def test_a_remote_form_keeps_its_tolerance(api: Api, name: str) -> None:
    address = campaign(
        api, primary_fields=[{"key": "must", **ASKED, "required": True}], back_fields=[{"key": "fixed", "value": "x"}]
    )
    submit = f"/v2/remote_forms/{address.rpartition('/')[2]}/submit"
    assert refused(api.post(submit, {name: "y"})) == {"must": [MISSING]}
    assert refused(api.post(submit, {name: "y", "must": " "})) == {"must": [MISSING]}
    made = ok(api.post(submit, {name: "y", "must": " Ada "}), 201)
    assert made["values"] == {"must": "Ada", "fixed": "x"}


def test_rows_of_an_import(api: Api) -> None:
    address = campaign(api)
    state = done(
        api,
        address,
        lines(
            {"values": {"member": "Ada"}},
            {"pass": {"values": {"member": "Bob", "since": "soon"}}},
            {
                "primary_fields": [{"key": "member", "value": "Eve"}],
                "auxiliary_fields": [{"key": "since", "value": "x"}],
            },
            {"external_id": "4"},
            {"generic": {"values": {"member": 5, "since": "2027-01-31"}}},
        ),
    )
    assert [row.get("errors") for row in result(api, state)] == [
        None,
        {"values.since": [DATE]},
        {"auxiliary_fields.since": [DATE.replace("soon", "x")]},
        {"primary_fields.member": [MISSING]},
        None,
    ]
    assert [made["values"]["member"] for made in ok(api.get(f"{address}/passes"))] == ["Ada", "5"]


# As many fields as one likes.

MANY = [{"key": f"column_{number}", **ASKED, "data_type": "number"} for number in range(500)]
SAID = {f"column_{number}": number for number in range(500)}


def test_five_hundred_fields(api: Api) -> None:
    address = campaign(api, back_fields=MANY)
    made = ok(api.post(f"{address}/passes", {"pass": {"values": SAID}}), 201)
    assert made["values"] == {key: str(number) for key, number in SAID.items()}
    assert len(made["back_fields"]) == 500
    sent = [{"key": key, "value": number + 1} for key, number in SAID.items()]
    changed = ok(api.patch(f"{address}/passes/{made['id']}", {"pass": {"back_fields": sent}}))
    assert changed["values"]["column_499"] == "500"
    wrong = refused(api.post(f"{address}/passes", {"values": dict.fromkeys(SAID, "x")}))
    assert len(wrong) == 500
    submit = f"/v2/remote_forms/{address.rpartition('/')[2]}/submit"
    assert ok(api.post(submit, SAID), 201)["values"]["column_7"] == "7"


def test_an_import_of_a_thousand_rows_with_five_hundred_fields(api: Api) -> None:
    """Half a million values: some 15 seconds on a laptop's core."""
    address = campaign(api, back_fields=MANY)
    row = json.dumps({"values": SAID}).encode() + b"\n"
    before = time.perf_counter()
    state = done(api, address, row * 1_000)
    assert (state["succeeded"], state["failed"]) == (1_000, 0)
    print(f"{time.perf_counter() - before:.1f} s")
    assert Pass.objects.order_by("-created_at").first().overrides["fields"][499]["value"] == "499"  # type: ignore[union-attr,index]  # fails if missing
