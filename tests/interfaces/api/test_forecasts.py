"""What phones would show, asked before anything is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from passwright.data.models import Campaign, Device, Event, Pass, Push, Registration, Tally
from passwright.operations import foretell
from passwright.operations.foretell import extrapolated
from passwright.wallets.forecast import Shows
from tests.devices import device
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import ok, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("certificates")]

TOY = {"key": "toy", "label": "TOY", "value": "Trucks", "behaviour": "dynamic", "change_message": "Toy is now %@"}
LEVEL = {"key": "level", "label": "LEVEL", "value": "Gold", "change_message": "Level %@"}
NAME = {"key": "name", "behaviour": "dynamic", "hidden": True, "required": False}
DEAR = {"key": "dear", "value": "Dear ${name}", "change_message": "We greet you: %@"}


def campaign(api: Api, **content: Any) -> str:
    """Its path."""
    asked = {
        "name": "Toys",
        "icon_id": api.upload("icon"),
        "primary_fields": [TOY],
        "secondary_fields": [LEVEL],
        "back_fields": [NAME, DEAR],
    }
    made = ok(api.post("/v2/generics", {"generic": asked | content}), 201)
    return f"/v2/generics/{made['id']}"


def issue(api: Api, path: str, **parts: Any) -> Any:
    return ok(api.post(f"{path}/passes", {"pass": parts}), 201)


def hold(made: Any) -> None:
    row = Pass.objects.get(id=made["id"])
    Registration.objects.create(
        campaign=row.campaign, pass_row=row, device=device(), update_tag=1, wallet="passbook", device_os="ios",
        created_at=NOW,
    )  # fmt: skip


def toy(value: str) -> dict[str, Any]:
    return {"primary_fields": [{"key": "toy", "value": value}]}


def everything() -> Any:
    """All that a forecast could have written."""
    return [list(model.objects.order_by("pk").values()) for model in (Campaign, Pass, Push, Event, Tally, Device)]


def test_one_sentence_with_the_devices_that_would_be_told(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)
    hold(made)
    before = everything()
    told = ok(api.post(f"{path}/passes/{made['id']}/forecast", {"pass": toy("Boats")}))
    assert told == {
        "shows": "text",
        "text": "Toy is now Boats",
        "lines": ["Toy is now Boats"],
        "changes": ["primary_fields.toy.value"],
        "devices": 1,
        "warnings": [],
    }
    assert everything() == before
    assert ok(api.get(f"{path}/passes/{made['id']}")) == made


def test_what_is_not_told_is_told_to_nobody(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)
    hold(made)
    quiet = ok(api.post(f"{path}/passes/{made['id']}/forecast", {"pass": {**toy("Boats"), "push": False}}))
    same = ok(api.post(f"{path}/passes/{made['id']}/forecast", {"pass": toy("Trucks")}))
    assert (quiet["shows"], quiet["devices"]) == ("text", 0)
    assert (same["shows"], same["text"], same["devices"], same["changes"]) == ("unchanged", "", 0, [])


def test_two_fields_are_one_general_sentence(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)
    both = {**toy("Boats"), "secondary_fields": [{"key": "level", "value": "Silver"}]}
    told = ok(api.post(f"{path}/passes/{made['id']}/forecast", {"pass": both}))
    assert (told["shows"], told["lines"]) == ("generic", ["Toy is now Boats", "Level Silver"])


def test_it_is_refused_as_the_change_would_be(api: Api, stranger: Api) -> None:
    path = campaign(api)
    made = issue(api, path)
    bad = {"pass": {"locations": [{"latitude": 91, "longitude": 0}], "thumbnail_id": str(uuid4())}}
    before = everything()
    assert refused(api.post(f"{path}/passes/{made['id']}/forecast", bad)) == refused(
        api.patch(f"{path}/passes/{made['id']}", bad)
    )
    assert api.post(f"{path}/passes/{uuid4()}/forecast").status_code == 404
    for address in (f"{path}/passes/{made['id']}/forecast", f"{path}/merge/forecast", f"{path}/push/forecast"):
        assert stranger.post(address).status_code == 404
    assert everything() == before


def test_what_a_phone_would_not_show_is_said_beside(api: Api) -> None:
    path = campaign(api, auxiliary_fields=[{"key": "typo", "value": "Hello ${nam}"}])
    made = issue(api, path)
    for address in (f"{path}/passes/{made['id']}/forecast", f"{path}/merge/forecast"):
        (warning,) = ok(api.post(address))["warnings"]
        assert warning["path"] == "fields.typo.value"
        assert "${nam}" in warning["message"]


def test_a_merge_by_what_each_phone_would_show(api: Api) -> None:
    path = campaign(api)
    hold(issue(api, path))
    issue(api, path, back_fields=[{"key": "name", "value": "Ada"}])
    issue(api, path, secondary_fields=[{"key": "level", "value": "Silver"}])
    ok(api.patch(path, {"generic": {"secondary_fields": [{"key": "level", "value": "Silver"}]}}))
    before = everything()
    told = ok(api.post(f"{path}/merge/forecast"))
    assert everything() == before
    assert {key: told[key] for key in ("passes", "sampled", "looked_at", "devices")} == {
        "passes": 3, "sampled": False, "looked_at": 3, "devices": 1,
    }  # fmt: skip
    assert [told[shows] for shows in Shows] == [2, 0, 0, 1]
    assert [(one["shows"], one["text"], one["passes"]) for one in told["examples"]] == [
        ("text", "Level Silver", 2),
        ("unchanged", "", 1),
    ]
    ok(api.post(f"{path}/merge"))
    assert [ok(api.post(f"{path}/merge/forecast"))[shows] for shows in Shows] == [0, 0, 0, 3]


def test_a_message_is_what_everybody_would_see(api: Api) -> None:
    path = campaign(api)
    issue(api, path)
    for address in ("merge", "push"):
        told = ok(api.post(f"{path}/{address}/forecast", {"push_message": "Sale today"}))
        assert (told["text"], told["examples"][0]["text"].rstrip("\u200b")) == (1, "Sale today")
    ok(api.post(f"{path}/push", {"push_message": "Sale today"}))
    assert ok(api.post(f"{path}/push/forecast", {"push_message": "Sale today"}))["text"] == 1, "again is a change too"
    assert ok(api.post(f"{path}/push/forecast"))["unchanged"] == 1


def test_a_push_with_and_without_its_reset(api: Api) -> None:
    path = campaign(api)
    issue(api, path, **toy("Boats"))
    ok(api.patch(path, {"generic": {"logo_text": "New"}}))
    assert ok(api.post(f"{path}/push/forecast"))["examples"][0]["text"] == "Toy is now Trucks"
    kept = ok(api.post(f"{path}/push/forecast", {"reset": False}))
    assert [kept[shows] for shows in Shows] == [0, 0, 0, 1]


def test_a_campaign_without_passes_and_a_wrong_body(api: Api) -> None:
    path = campaign(api)
    told = ok(api.post(f"{path}/merge/forecast"))
    assert (told["passes"], told["devices"], told["examples"]) == (0, 0, [])
    assert "push_message" in refused(api.post(f"{path}/merge/forecast", {"push_message": "x" * 3000}))


def test_of_very_many_passes_a_sample_stands_for_all(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foretell, "LOOKED_AT", 5)
    monkeypatch.setattr(foretell, "SAMPLE", 4)
    path = campaign(api)
    for _ in range(9):
        issue(api, path)
    ok(api.patch(path, {"generic": {"secondary_fields": [{"key": "level", "value": "Silver"}]}}))
    told = ok(api.post(f"{path}/merge/forecast"))
    assert (told["passes"], told["sampled"], told["looked_at"], told["text"]) == (9, True, 4, 9)


@pytest.mark.parametrize(("counts", "total"), [((1, 1, 1, 0), 100), ((3, 0, 0, 1), 10), ((0, 0, 0, 0), 0)])
def test_shares_of_a_sample_are_all_passes_together(counts: tuple[int, ...], total: int) -> None:
    found = extrapolated(dict(zip(Shows, counts, strict=True)), sum(counts), total)
    assert sum(found.values()) == total
    assert all((found[shows] == 0) == (count == 0) for shows, count in zip(Shows, counts, strict=True))


@pytest.mark.django_db(transaction=True)
def test_what_was_foretold_is_not_taken_for_what_came(api: Api) -> None:
    """A forecast reads the campaign at an epoch that it has not come to."""
    path = campaign(api)
    issue(api, path)
    ok(api.post(f"{path}/merge/forecast", {"push_message": "Sale"}))
    assert not connection.in_atomic_block
    ok(api.patch(path, {"generic": {"secondary_fields": [{"key": "level", "value": "Bronze"}]}}))
    assert issue(api, path)["secondary_fields"][0]["value"] == "Bronze"
