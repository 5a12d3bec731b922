"""Redeeming through the API: every type, route, body and answer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from passwright.data.models import Campaign, Event, Pass, Redeem
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import ok, refused
from tests.operations.toys import picture

pytestmark = pytest.mark.usefixtures("certificates")

BY_ROOT = {kind.root: kind for kind in TYPES}
UNKNOWN_PASS = {"pass": "Pass not found."}
UNKNOWN_CAMPAIGN = {"campaign": "Campaign not found."}


@pytest.fixture(params=BY_ROOT)
def kind(request: pytest.FixtureRequest) -> CampaignType:
    return BY_ROOT[request.param]


GENERIC = BY_ROOT["generic"]


def campaign(api: Api, kind: CampaignType = GENERIC, **attributes: Any) -> str:
    """The address of a new campaign."""
    transit = {"transit_type": "bus"} if kind.root == "boarding_pass" else {}
    body = {"name": str(uuid4()), "icon_id": str(picture(api.organization)), "barcode": {}, **transit, **attributes}
    return f"/v2/{kind.segment}/{ok(api.post(f'/v2/{kind.segment}', {kind.root: body}), 201)['id']}"


def issue(api: Api, path: str, **attributes: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.post(f"{path}/passes", {"pass": attributes}), 201)
    return made


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_one_pass_from_issue_to_reset(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind)
    made = issue(api, path)
    one = f"{path}/passes/{made['id']}"
    before = datetime.now(UTC).replace(microsecond=0)
    used = ok(api.post(f"{one}/redeem", {"pass": {"comment": "redeemed in store"}}))
    at = used["redeemed_at"]
    assert before <= moment(at) <= datetime.now(UTC)
    assert at.endswith("Z")
    assert used == {**made, "voided": True, "redeemed_count": 1, "redeemed_at": at, "updated_at": at}
    assert ok(api.get(one)) == used
    assert ok(api.get(path))["redeem_count"] == 1
    again = refused(api.post(f"{one}/redeem"), 412)
    assert again == {"pass": f"Pass was already redeemed at {at}. Reset its redeem to use it once more."}
    assert refused(api.post(f"{path}/redeem", {"pass": {"redeem_code": "1"}}), 412) == again

    (use,) = ok(api.get(f"{path}/redeems"))
    assert use == {
        "id": str(Redeem.objects.get().id),
        "campaign_id": made["campaign_id"],
        "pass_id": made["id"],
        "redeem_code": "0000001",
        "comment": "redeemed in store",
        "source": "api",
        "redeemed_by": None,
        "created_at": use["created_at"],
    }
    assert (len(use["created_at"]), use["created_at"][:19], use["created_at"][-1]) == (24, at[:19], "Z")
    assert ok(api.get(f"{one}/redeems")) == [use]

    reset = ok(api.post(f"{one}/reset_redeem"))
    assert reset == {**used, "voided": False, "updated_at": reset["updated_at"]}
    assert ok(api.post(f"{one}/reset_redeem")) == reset
    once_more = ok(api.post(f"{path}/redeem", {"pass": {"redeem_code": "0000001"}}))
    assert (once_more["voided"], once_more["redeemed_count"]) == (True, 2)
    assert ok(api.get(path))["redeem_count"] == 2
    assert [row["comment"] for row in ok(api.get(f"{one}/redeems"))] == ["redeemed in store", None]


NO_WORDS = [b"", b"null", b"{}", b"[]", b'{"pass":{}}', b'{"pass":[]}', b'{"pass":null}', b'{"coupon":[]}', b" \r\n"]


@pytest.mark.parametrize("content", NO_WORDS)
@pytest.mark.parametrize("root", ["coupon", "store_card"])
def test_old_clients_bodies(api: Api, root: str, content: bytes) -> None:
    path = campaign(api, BY_ROOT[root])
    made = issue(api, path)
    assert ok(api.raw("POST", f"{path}/passes/{made['id']}/redeem", content))["voided"] is True
    assert Redeem.objects.get().comment is None
    ok(api.raw("POST", f"{path}/passes/{made['id']}/reset_redeem", content))


@pytest.mark.parametrize("content", [b"nonsense", b'"x"', b"\xff", b'{"pass":{"voided":true}}'])
def test_the_body_of_a_reset_is_not_read(api: Api, content: bytes) -> None:
    path = campaign(api)
    one = f"{path}/passes/{issue(api, path, voided=True)['id']}"
    assert ok(api.raw("POST", f"{one}/reset_redeem", content))["voided"] is False


def bodies(kind: CampaignType, sent: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"pass": sent}, {kind.root: sent}, sent, {"pass": {}, **sent}]


def test_where_the_code_and_the_comment_may_stand(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind, allow_multiple_redeems=True)
    made = issue(api, path)
    sent = {"redeem_code": "0000001", "comment": "hello"}
    for number, body in enumerate(bodies(kind, sent), 1):
        used = ok(api.post(f"{path}/redeem", body))
        assert (used["id"], used["voided"], used["redeemed_count"]) == (made["id"], False, number)
    for body in bodies(kind, {"comment": "hello"}):
        ok(api.post(f"{path}/passes/{made['id']}/redeem", body))
    rows = ok(api.get(f"{path}/redeems"))
    assert [row["comment"] for row in rows] == ["hello"] * 8
    assert ok(api.get(path))["redeem_count"] == 8


COMMENTS = [
    ("", ""),
    (" spaces kept \n", " spaces kept \n"),
    (None, None),
    (12.5, "12.5"),
    ("\U0001f9f8<b>&", "\U0001f9f8<b>&"),
    ("x" * 2000, "x" * 2000),
]


@pytest.mark.parametrize(("sent", "kept"), COMMENTS)
def test_a_comment_is_kept_as_it_is(api: Api, sent: Any, kept: str | None) -> None:
    path = campaign(api)
    one = f"{path}/passes/{issue(api, path)['id']}"
    ok(api.post(f"{one}/redeem", {"pass": {"comment": sent}}))
    assert ok(api.get(f"{one}/redeems"))[0]["comment"] == kept
    assert Event.objects.get(kind=Event.Kind.REDEEMED).extra["comment"] == kept


BAD: list[tuple[Any, dict[str, list[str]]]] = [
    ({"pass": {"comment": "x" * 2001}}, {"comment": ["is too long (at most 2000 characters)"]}),
    ({"pass": {"comment": {}}}, {"comment": ["must be a text"]}),
    ({"comment": ["a"]}, {"comment": ["must be a text"]}),
    ({"pass": "0000001"}, {"pass": ["must be an object"]}),
    ({"pass": [1]}, {"pass": ["must be an object"]}),
]
BAD_CODES: list[tuple[Any, dict[str, list[str]]]] = [
    *((body, {"redeem_code": ["can't be blank"]}) for body in (None, {}, [], {"pass": []}, {"generic": {}})),
    *(({"pass": {"redeem_code": code}}, {"redeem_code": ["can't be blank"]}) for code in (None, "", " ", "\n")),
    *(({"pass": {"redeem_code": code}}, {"redeem_code": ["must be a text"]}) for code in ({}, [], True, ["1"])),
    ({"pass": {"redeem_code": "1" * 70_000}}, {"redeem_code": ["is too long (at most 65535 characters)"]}),
    (
        {"pass": {"comment": []}},
        {"redeem_code": ["can't be blank"], "comment": ["must be a text"]},
    ),
]


def test_what_cannot_be_read_redeems_nothing(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)
    for body, errors in BAD:
        assert refused(api.post(f"{path}/passes/{made['id']}/redeem", body)) == errors
    assert ok(api.get(f"{path}/passes/{made['id']}")) == made


def test_codes_that_cannot_be_read(api: Api) -> None:
    path = campaign(api)
    issue(api, path)
    for body, errors in BAD_CODES:
        assert refused(api.post(f"{path}/redeem", body)) == errors
    assert not Redeem.objects.exists()


def test_no_body_is_no_code(api: Api) -> None:
    path = campaign(api)
    assert refused(api.post(f"{path}/redeem")) == {"redeem_code": ["can't be blank"]}
    assert refused(api.post(f"{path}/redeem", {"pass": {"redeem_code": "a\x00"}})).keys() == {"base"}
    assert refused(api.raw("POST", f"{path}/redeem", b"{"), 400).keys() == {"base"}


def test_numbers_by_any_spelling(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind, allow_multiple_redeems=True)
    made = [issue(api, path) for _ in range(3)][1]
    for number, code in enumerate((2, "2", "0000002", "00000002", " 0000002\r\n")):
        found = ok(api.get(f"{path}/redeem/{quote(str(code), safe='')}"))
        assert found == {**ok(api.get(f"{path}/passes/{made['id']}")), "pass_id": made["id"]}
        assert found["redeemed_count"] == Redeem.objects.count() == number  # who looks up redeems nothing
        assert ok(api.post(f"{path}/redeem", {"pass": {"redeem_code": code}}))["id"] == made["id"]


@pytest.mark.parametrize("suffix", ["", "/", "//", ".json", ".json/", "?q=1"])
def test_addresses_of_a_code(api: Api, suffix: str) -> None:
    path = campaign(api)
    made = issue(api, path)
    for before in ("redeem/", "redeem//", "/redeem/"):
        assert ok(api.get(f"{path}/{before}0000001{suffix}"))["pass_id"] == made["id"]


OWN_CODES = [
    "A-1",
    "a/b",
    "a//b",
    "/a",
    "a/",
    "ticket.json",
    "https://example.com//x/?a=1&b=2#c",
    "two words",
    "1+1=2%",
    "line\nline",
    "\u00c7a va \U0001f9f8",
    "..",
    "redeem/redeem/",
]


@pytest.mark.parametrize("code", OWN_CODES)
def test_codes_of_any_text(api: Api, code: str) -> None:
    path = campaign(api, BY_ROOT["event_ticket"], code_type="per_pass")
    made = issue(api, path, barcode={"message": code})
    issue(api, path, barcode={"message": f"not {code}"})
    assert made["redeem_code"] == code
    assert ok(api.get(f"{path}/redeem/{quote(code, safe='')}"))["pass_id"] == made["id"]
    assert ok(api.post(f"{path}/redeem", {"pass": {"redeem_code": code}}))["id"] == made["id"]


def test_a_code_and_the_same_with_a_slash_are_two(api: Api) -> None:
    path = campaign(api, code_type="per_pass")
    for code in ("a", "a/", "a.json"):
        issue(api, path, barcode={"message": code})
    for code in ("a", "a/", "a.json"):
        assert ok(api.get(f"{path}/redeem/{quote(code, safe='')}"))["redeem_code"] == code


HOSTILE = ["3", "x", "%00", "0000001%00", "%FF", "%ED%A0%80", "%0A", "..", "%25", "'", "9" * 5000, "x" * 10_000, "%20"]


@pytest.mark.parametrize("code_type", ["sequencial", "per_pass", "fixed"])
def test_codes_that_nobody_has(api: Api, code_type: str) -> None:
    fixed = {"code_fixed_value": "HELLO"} if code_type == "fixed" else {}
    path = campaign(api, code_type=code_type, **fixed)
    issue(api, path, **({"barcode": {"message": "OWN"}} if code_type == "per_pass" else {}))
    for code in HOSTILE:
        assert refused(api.get(f"{path}/redeem/{code}"), 404) == UNKNOWN_PASS
        if "%" not in code:
            assert refused(api.post(f"{path}/redeem", {"pass": {"redeem_code": code}}), 404) == UNKNOWN_PASS


def test_codes_that_several_passes_show(api: Api, kind: CampaignType) -> None:
    sentence = {"pass": "Several passes show this code. Send the redeem code of the one that is meant, or use its id."}
    fixed = campaign(api, kind, code_type="fixed", code_fixed_value="HELLO")
    issue(api, fixed)
    same = campaign(api, kind)
    for _ in range(2):
        issue(api, same, barcodes=[{"format": "ean128", "message": "HELLO"}])
    for path in (fixed, same):
        assert refused(api.get(f"{path}/redeem/HELLO"), 412) == sentence
        answer = api.post(f"{path}/redeem", {"pass": {"redeem_code": "HELLO"}})
        assert refused(answer, 412) == sentence
        assert "id" not in answer.json()
    assert not Redeem.objects.exists()


def test_the_message_of_an_own_code(api: Api, kind: CampaignType) -> None:
    """As callers of the 2020s send it."""
    path = campaign(api, kind)
    made = issue(api, path, barcodes=[{"format": "ean128", "message": "M 1", "alt_text": "one"}])
    assert made["redeem_code"] == "0000001"
    assert ok(api.get(f"{path}/redeem/M%201"))["pass_id"] == made["id"]
    assert ok(api.post(f"{path}/redeem", {"pass": {"redeem_code": "M 1"}}))["id"] == made["id"]
    assert ok(api.get(f"{path}/redeems"))[0]["redeem_code"] == "0000001"


def test_a_code_too_long_to_be_kept_is_refused(api: Api) -> None:
    path = campaign(api, code_type="per_pass")
    long = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(40))
    assert len(long) == 2560
    answer = api.post(f"{path}/passes", {"pass": {"barcode": {"message": long}}})
    assert refused(answer) == {"barcode": ["has a message that is too long (at most 2500 bytes)"]}
    made = issue(api, path, barcode={"message": long[:2500]})
    assert ok(api.post(f"{path}/redeem", {"pass": {"redeem_code": long[:2500]}}))["id"] == made["id"]


def test_what_was_voided_by_a_patch(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind, allow_multiple_redeems=True)
    one = f"{path}/passes/{issue(api, path)['id']}"
    ok(api.patch(one, {"pass": {"voided": True}}))
    assert refused(api.post(f"{one}/redeem"), 412) == {
        "pass": "Pass is voided: it can't be redeemed. Reset its redeem to make it valid."
    }
    assert ok(api.post(f"{one}/reset_redeem"))["voided"] is False
    assert ok(api.post(f"{one}/redeem"))["redeemed_count"] == 1


@pytest.mark.parametrize("root", ["coupon", "generic"])
def test_what_has_expired(api: Api, root: str) -> None:
    gone, ahead = "2020-01-01T00:00:00Z", (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    path = campaign(api, BY_ROOT[root], expiration_date=gone)
    inherited, own = issue(api, path), issue(api, path, expiration_date=ahead)
    sentence = {"pass": "Pass expired at 2020-01-01T00:00:00Z: it can't be redeemed."}
    one = f"{path}/passes/{inherited['id']}"
    assert refused(api.post(f"{one}/redeem"), 412) == sentence
    assert refused(api.post(f"{path}/redeem", {"pass": {"redeem_code": "1"}}), 412) == sentence
    assert ok(api.post(f"{path}/passes/{own['id']}/redeem"))["voided"] is True
    ok(api.patch(one, {"pass": {"expiration_date": ahead}}))
    assert ok(api.post(f"{one}/redeem"))["voided"] is True


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_a_campaign_that_issues_nothing_redeems(api: Api, kind: CampaignType, state: str) -> None:
    path = campaign(api, kind)
    made = issue(api, path)
    Campaign.objects.update(state=state)
    assert ok(api.post(f"{path}/redeem", {"pass": {"redeem_code": made["redeem_code"]}}))["voided"] is True
    assert ok(api.post(f"{path}/passes/{made['id']}/reset_redeem"))["voided"] is False


@pytest.mark.parametrize("other", BY_ROOT)
def test_another_type_in_the_address(api: Api, kind: CampaignType, other: str) -> None:
    """Documents print ``/v2/coupons/.../reset_redeem`` for every type; nothing else is found there."""
    path = campaign(api, kind)
    made = issue(api, path, voided=True)
    wrong = path.replace(kind.segment, BY_ROOT[other].segment)
    assert ok(api.post(f"{wrong}/passes/{made['id']}/reset_redeem"))["id"] == made["id"]
    if other == kind.root:
        return
    for answer in (
        api.post(f"{wrong}/passes/{made['id']}/redeem"),
        api.post(f"{wrong}/redeem", {"pass": {"redeem_code": "1"}}),
        api.get(f"{wrong}/redeem/1"),
        api.get(f"{wrong}/redeems"),
        api.get(f"{wrong}/passes/{made['id']}/redeems"),
        api.get(f"{wrong}/registrations"),
        api.get(f"{wrong}/passes/{made['id']}/registrations"),
    ):
        assert refused(answer, 404) == UNKNOWN_CAMPAIGN
    assert not Redeem.objects.exists()


def test_the_singular_and_version_1(api: Api, kind: CampaignType) -> None:
    path = campaign(api, kind, allow_multiple_redeems=True)
    made = issue(api, path)
    singular, old = path.replace(kind.segment, kind.root), path.replace("/v2/", "/v1/")
    assert ok(api.post(f"{singular}/passes/{made['id']}/redeem"))["redeemed_count"] == 1
    assert ok(api.get(f"{singular}/redeem/1"))["pass_id"] == made["id"]
    own = f"{kind.root}_id"
    for answer in (
        api.post(f"{old}/passes/{made['id']}/redeem"),
        api.post(f"{old}/redeem", {"pass": {"redeem_code": "1"}}),
        api.get(f"{old}/redeem/1"),
        api.post(f"{old}/passes/{made['id']}/reset_redeem"),
        api.post(f"/v1/coupons/{made['campaign_id']}/passes/{made['id']}/reset_redeem"),
    ):
        shown = ok(answer)
        assert shown[own] == made["campaign_id"]
        assert shown["authentication_token"]
    for suffix in ("/", ".json"):
        assert ok(api.post(f"{path}/passes/{made['id']}/redeem{suffix}"))["id"] == made["id"]
    assert ok(api.get(f"{path}/redeems.json"))[0]["pass_id"] == made["id"]


def test_strangers_find_nothing(api: Api, stranger: Api, kind: CampaignType) -> None:
    path = campaign(api, kind)
    made = issue(api, path, voided=True)
    ok(api.post(f"{path}/passes/{issue(api, path)['id']}/redeem"))
    own = campaign(stranger, kind)
    for base, errors in ((path, UNKNOWN_CAMPAIGN), (own, UNKNOWN_PASS)):
        for answer in (
            stranger.post(f"{base}/passes/{made['id']}/redeem"),
            stranger.post(f"{base}/passes/{made['id']}/reset_redeem"),
            stranger.post(f"{base}/redeem", {"pass": {"redeem_code": "1"}}),
            stranger.get(f"{base}/redeem/1"),
            stranger.get(f"{base}/passes/{made['id']}/redeems"),
        ):
            assert refused(answer, 404) == errors
    assert refused(stranger.get(f"{path}/redeems"), 404) == UNKNOWN_CAMPAIGN
    assert ok(stranger.get(f"{own}/redeems")) == []
    assert ok(api.get(f"{path}/passes/{made['id']}")) == made


@pytest.mark.parametrize("unknown", ["x", "1f0c2a52-6f0e-4b8e-9a5d-3f6b1c7d2e90", "0000001"])
def test_ids_that_are_none(api: Api, unknown: str) -> None:
    path = campaign(api)
    made = issue(api, path)
    for answer in (
        api.post(f"{path}/passes/{unknown}/redeem"),
        api.post(f"{path}/passes/{unknown}/reset_redeem"),
        api.get(f"{path}/passes/{unknown}/redeems"),
    ):
        assert refused(answer, 404) == UNKNOWN_PASS
    for answer in (
        api.post(f"/v2/generics/{unknown}/passes/{made['id']}/redeem"),
        api.post(f"/v2/generics/{unknown}/passes/{made['id']}/reset_redeem"),
        api.post(f"/v2/generics/{unknown}/redeem", {"pass": {"redeem_code": "1"}}),
        api.get(f"/v2/generics/{unknown}/redeem/1"),
        api.get(f"/v2/generics/{unknown}/redeems"),
    ):
        assert refused(answer, 404) == UNKNOWN_CAMPAIGN


def test_a_deleted_pass_takes_its_redeems_and_not_the_count(api: Api) -> None:
    path = campaign(api)
    one = f"{path}/passes/{issue(api, path)['id']}"
    ok(api.post(f"{one}/redeem"))
    ok(api.delete(one, {}))
    assert refused(api.post(f"{one}/redeem"), 404) == UNKNOWN_PASS
    assert refused(api.post(f"{path}/redeem", {"pass": {"redeem_code": "1"}}), 404) == UNKNOWN_PASS
    assert ok(api.get(f"{path}/redeems")) == []
    assert ok(api.get(path))["redeem_count"] == 1


@pytest.fixture
def redeems(api: Api, kind: CampaignType) -> str:
    """The address of a campaign with sixty redeems of two passes, some made at the same moment."""
    path = campaign(api, kind, allow_multiple_redeems=True)
    rows = [issue(api, path) for _ in range(2)]
    Redeem.objects.bulk_create(
        Redeem(
            campaign_id=rows[0]["campaign_id"],
            pass_row_id=rows[number % 2]["id"],
            redeem_code=rows[number % 2]["redeem_code"],
            comment=f"till {number}" if number % 3 else None,
            source="scanner" if number < 10 else "api",
            created_at=NOW + timedelta(hours=number // 2, microseconds=745_999),
        )
        for number in range(60)
    )
    other = campaign(api, kind)
    ok(api.post(f"{other}/passes/{issue(api, other)['id']}/redeem"))
    return path


def test_pages_of_redeems(api: Api, redeems: str) -> None:
    of_campaign = Redeem.objects.filter(campaign_id=redeems.rpartition("/")[2])
    expected = [str(row.id) for row in sorted(of_campaign, key=lambda row: (row.created_at, row.id))]
    assert len(expected) == 60
    answers = [api.get(f"{redeems}/redeems?page={page}") for page in (1, 2, 3)]
    assert [row["id"] for answer in answers for row in ok(answer)] == expected
    assert [answer.get("X-Next-Page") for answer in answers] == ["2", "3", None]
    assert [answer["X-Total"] for answer in answers] == ["60"] * 3
    assert ok(answers[0])[0]["created_at"] == "2026-11-22T09:30:00.745Z"
    one = Pass.objects.get(campaign_id=redeems.rpartition("/")[2], redeem_code="0000002")
    listed = api.get(f"{redeems}/passes/{one.id}/redeems?per_page=50")
    assert [row["pass_id"] for row in ok(listed)] == [str(one.id)] * 30
    assert listed["X-Total"] == "30"


CONDITIONS = [
    ("q[source_eq]=scanner", 10),
    ("q[redeem_code_eq]=0000001", 30),
    ("q[comment_cont]=TILL 1", 8),
    ("q[comment_match]=till 1_", 7),
    ("q[comment_not_eq]=till 1", 59),
    ("q[created_at_gteq]=2026-11-23T09:30:00Z", 12),
    ("q[created_at_lt]=2026-11-22T10:30:00Z", 2),
    ("q[created_at_lt]=2026-11-22T10:30:00Z&q[source_eq]=api", 0),
    ("q[redeemed_by_eq]=x", 0),
    ("q[nonsense_eq]=1", 60),
]


@pytest.mark.parametrize("kind", [BY_ROOT["coupon"], BY_ROOT["generic"]], ids=lambda kind: kind.root)
def test_conditions_of_redeems(api: Api, redeems: str) -> None:
    for query, number in CONDITIONS:
        answer = api.get(f"{redeems}/redeems?{query}")
        ok(answer)
        assert answer["X-Total"] == str(number), query
        assert answer.get("X-Ignored-Params") == ("q[nonsense_eq]" if "nonsense" in query else None)


@pytest.mark.parametrize("kind", [BY_ROOT["boarding_pass"]], ids=lambda kind: kind.root)
def test_order_of_redeems(api: Api, redeems: str) -> None:
    one = Pass.objects.get(campaign_id=redeems.rpartition("/")[2], redeem_code="0000002")
    assert api.get(f"{redeems}/redeems?q[pass_id_eq]={one.id}")["X-Total"] == "30"
    newest = ok(api.get(f"{redeems}/redeems?q[s]=created_at+desc"))
    assert [row["created_at"] for row in newest] == sorted((row["created_at"] for row in newest), reverse=True)
    assert newest[0]["created_at"] == "2026-11-23T14:30:00.745Z"
    by_comment = ok(api.get(f"{redeems}/redeems?q[s]=pass_id+asc,comment+desc&per_page=50"))
    assert [row["pass_id"] for row in by_comment] == sorted(row["pass_id"] for row in by_comment)


def test_ids_of_redeems_are_ids(api: Api) -> None:
    path = campaign(api)
    ok(api.post(f"{path}/passes/{issue(api, path)['id']}/redeem"))
    assert UUID(ok(api.get(f"{path}/redeems"))[0]["id"]).version == 4
