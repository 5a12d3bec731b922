"""`external_id`: the client's own name for a pass, unique in its campaign."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from passwright.data.models import Event, Pass
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.test_passes import campaign, issue
from tests.interfaces.api.toy_town import ok, public_certificates, refused

TAKEN = {"external_id": ["has already been taken in this campaign"]}


@pytest.fixture
def path(api: Api, certificates: None) -> str:
    return campaign(api)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("crm-4711", "crm-4711"),
        ("  crm 4711\n", "crm 4711"),
        (4711, "4711"),
        (1.5, "1.5"),
        ("é/ñ?&%", "é/ñ?&%"),
        ("x" * 255, "x" * 255),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_it_is_kept_and_shown(api: Api, path: str, sent: Any, shown: str | None) -> None:
    made = issue(api, path, external_id=sent)
    assert made["external_id"] == shown
    assert ok(api.get(f"{path}/passes/{made['id']}"))["external_id"] == shown
    assert ok(api.get(f"{path}/passes"))[0]["external_id"] == shown
    assert Pass.objects.get().external_id == shown


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ("x" * 256, "is too long (at most 255 characters)"),
        (True, "must be a text"),
        (["a"], "must be a text"),
        ({"a": 1}, "must be a text"),
    ],
)
def test_what_is_no_name(api: Api, path: str, sent: Any, fault: str) -> None:
    made = issue(api, path, external_id="before")
    for answer in (
        api.post(f"{path}/passes", {"pass": {"external_id": sent}}),
        api.patch(f"{path}/passes/{made['id']}", {"pass": {"external_id": sent}}),
    ):
        assert refused(answer) == {"external_id": [fault]}
    assert Pass.objects.get().external_id == "before"


@pytest.mark.parametrize("nothing", [None, "", " \t"])
def test_it_can_be_changed_and_taken_away(api: Api, path: str, nothing: str | None) -> None:
    made = issue(api, path, external_id="first")
    one = f"{path}/passes/{made['id']}"
    assert ok(api.patch(one, {"pass": {"external_id": "second"}}))["external_id"] == "second"
    assert ok(api.patch(one, {"pass": {}}))["external_id"] == "second"
    assert ok(api.patch(one, {"pass": {"external_id": nothing}}))["external_id"] is None
    assert issue(api, path, external_id="second")["external_id"] == "second"


def test_phones_are_not_told_of_it(api: Api, path: str) -> None:
    """It is not shown on the pass: no new version, no event."""
    made = issue(api, path)
    ok(api.patch(f"{path}/passes/{made['id']}", {"pass": {"external_id": "a"}}))
    assert Pass.objects.get().version == 1
    assert list(Event.objects.filter(pass_id=made["id"]).values_list("kind", flat=True)) == [Event.Kind.CREATED]


def test_it_is_unique_in_its_campaign_and_free_in_another(api: Api, stranger: Api, path: str) -> None:
    issue(api, path, external_id="a")
    second = issue(api, path, external_id="b")
    assert refused(api.post(f"{path}/passes", {"pass": {"external_id": " a "}})) == TAKEN
    assert refused(api.patch(f"{path}/passes/{second['id']}", {"pass": {"external_id": "a"}})) == TAKEN
    assert ok(api.patch(f"{path}/passes/{second['id']}", {"pass": {"external_id": "b"}}))["external_id"] == "b"
    assert issue(api, path, external_id="A")["external_id"] == "A"
    assert issue(api, campaign(api), external_id="a")["external_id"] == "a"
    assert issue(stranger, campaign(stranger), external_id="a")["external_id"] == "a"
    assert [issue(api, path)["external_id"] for _ in range(2)] == [None, None]


def test_a_refused_one_takes_no_code(api: Api, path: str) -> None:
    issue(api, path, external_id="a")
    refused(api.post(f"{path}/passes", {"pass": {"external_id": "a"}}))
    assert issue(api, path)["redeem_code"] == "0000002"


def test_a_deleted_pass_leaves_its_name(api: Api, path: str) -> None:
    made = issue(api, path, external_id="a")
    ok(api.delete(f"{path}/passes/{made['id']}"))
    assert issue(api, path, external_id="a")["external_id"] == "a"


def test_nothing_else_of_a_refused_change_is_kept(api: Api, path: str) -> None:
    issue(api, path, external_id="a")
    second = issue(api, path)
    body = {"pass": {"external_id": "a", "voided": True, "back_fields": [{"key": "note", "value": "x"}]}}
    assert refused(api.patch(f"{path}/passes/{second['id']}", body)) == TAKEN
    assert ok(api.get(f"{path}/passes/{second['id']}")) == second


def test_a_code_that_is_taken_is_still_the_codes_fault(api: Api, certificates: None) -> None:
    path = campaign(api, code_type="per_pass", barcode={})
    issue(api, path, external_id="a", barcode={"message": "A-1"})
    code = {"barcode": ["has a message that another pass of this campaign has"]}
    for sent, errors in (
        ({"external_id": "b", "barcode": {"message": "A-1"}}, code),
        ({"external_id": "a", "barcode": {"message": "A-2"}}, TAKEN),
    ):
        assert refused(api.post(f"{path}/passes", {"pass": sent})) == errors
    assert Pass.objects.count() == 1


def test_it_finds_the_pass(api: Api, path: str) -> None:
    made = {name: issue(api, path, external_id=name)["id"] for name in ("crm-1", "crm-2", "50% off", "Crm-1")}
    other = campaign(api)
    issue(api, other, external_id="crm-1")

    def found(**conditions: str) -> list[str]:
        query = urlencode({f"q[external_id_{predicate}]": value for predicate, value in conditions.items()})
        return [row["id"] for row in ok(api.get(f"{path}/passes?{query}"))]

    assert found(eq="crm-1") == [made["crm-1"]]
    assert found(eq="50% off") == [made["50% off"]]
    assert found(eq="nobody") == []
    assert found(cont="crm") == [made["crm-1"], made["crm-2"], made["Crm-1"]]
    assert found(not_eq="crm-1") == [made["crm-2"], made["50% off"], made["Crm-1"]]


def test_it_is_sorted_by(api: Api, path: str) -> None:
    for name in ("b", "c", "a"):
        issue(api, path, external_id=name)
    rows = ok(api.get(f"{path}/passes?{urlencode({'q[s]': 'external_id desc'})}"))
    assert [row["external_id"] for row in rows] == ["c", "b", "a"]


@pytest.mark.django_db(transaction=True)
def test_the_same_name_twice_at_once(transactional_db: None) -> None:
    public_certificates(NOW)
    api = make_api("your company")
    path = campaign(api)
    body = {"pass": {"external_id": "one"}}
    answers = together([partial(api.post, f"{path}/passes", body)] * 8)
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 7]
    for answer in answers:
        if answer.status_code == 422:
            assert refused(answer) == TAKEN
    assert issue(api, path)["redeem_code"] == "0000002"


@pytest.mark.django_db(transaction=True)
def test_two_passes_that_take_the_same_name_at_once(transactional_db: None) -> None:
    public_certificates(NOW)
    api = make_api("your company")
    path = campaign(api)
    body = {"pass": {"external_id": "one"}}
    calls = [partial(api.patch, f"{path}/passes/{issue(api, path)['id']}", body) for _ in range(4)]
    assert sorted(answer.status_code for answer in together(calls)) == [200, 422, 422, 422]
    assert Pass.objects.filter(external_id="one").count() == 1


def test_within_a_request_that_is_done_once(api: Api, path: str) -> None:
    """The conflict ends the statement and not the transaction around it: the refusal is kept with its key."""
    sent = {"pass": {"external_id": "a"}}

    def once(key: str) -> Any:
        return api.request("POST", f"{path}/passes", sent, headers={"idempotency-key": key})

    made = ok(once("first"), 201)
    assert refused(once("second")) == TAKEN
    again = once("second")
    assert (refused(again), again["Idempotent-Replayed"]) == (TAKEN, "true")
    assert ok(once("first"), 201) == made
    by_post = api.request(
        "POST",
        f"{path}/passes/{issue(api, path, external_id=str(uuid4()))['id']}",
        sent,
        headers={"idempotency-key": "third"},
    )
    assert refused(by_post) == TAKEN
    assert Pass.objects.count() == 2
