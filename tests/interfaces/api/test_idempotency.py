"""`Idempotency-Key`: a POST that is sent again gets the first answer, and nothing happens twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, cast
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connections
from django.http import HttpResponse
from django.test.client import encode_multipart
from django.utils import timezone

from passwright.data.models import Asset, Campaign, IdempotentAnswer, Organization, Pass
from passwright.interfaces.api import credentials
from passwright.interfaces.api.openapi import Route, routes
from passwright.operations import answer_once
from passwright.queries.organizations import organization_with_username
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.toy_town import UNSENT, ok, png, public_certificates, refused

KEY = "7f9a4c1e-0b1d-4e57-9d0e-7a2c3b4d5e6f"


def post(api: Api, path: str, body: Any = UNSENT, *, key: str = KEY, method: str = "POST") -> HttpResponse:
    return api.request(method, path, body, headers={"idempotency-key": key})


def raw(api: Api, path: str, content: bytes, *, key: str = KEY) -> HttpResponse:
    return api.raw("POST", path, content, headers={"idempotency-key": key})


def form(api: Api, color: str = "#c51f1f", *, boundary: str, asset_type: str = "icon") -> HttpResponse:
    """A picture as browsers and the old clients send it."""
    parts = encode_multipart(boundary, {"asset[file]": picture(color), "asset[asset_type]": asset_type})
    headers = {"authorization": api.authorization, "idempotency-key": KEY}
    kind = f"multipart/form-data; boundary={boundary}"
    return cast(HttpResponse, api.client.generic("POST", "/v2/assets", parts, content_type=kind, headers=headers))


def picture(color: str) -> Any:
    class File:
        name = "icon.png"
        content_type = "image/png"

        def read(self) -> bytes:
            return png(color=color)

    return File()


def same(first: HttpResponse, again: HttpResponse) -> None:
    """``again`` is what ``first`` was, and says so."""
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Content-Type"] == first["Content-Type"] == "application/json; charset=utf-8"
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"


def rows() -> dict[str, int]:
    """How many there are of everything."""
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("data").get_models()}


def campaign(api: Api, segment: str = "generics", **attributes: Any) -> str:
    """The address of a new campaign."""
    return f"/v2/{segment}/{ok(api.post(f'/v2/{segment}', wanted(api, segment, **attributes)), 201)['id']}"


def wanted(api: Api, segment: str, **attributes: Any) -> dict[str, Any]:
    root = segment.removesuffix("s") if segment != "boarding_passes" else "boarding_pass"
    content = {"name": str(uuid4()), "icon_id": api.upload("icon"), "transit_type": "air"}
    return {root: {**content, "primary_fields": [{"key": "member", "behaviour": "dynamic"}], **attributes}}


# Every POST route that the documentation names, also those that are yet to come: with what there is, and a body where
# one is needed. Whatever they answer, they answer it again and do nothing.


@pytest.mark.usefixtures("certificates")
@pytest.mark.parametrize("route", [route for route in routes() if route.once], ids=lambda route: route.path)
def test_every_post_is_answered_once(api: Api, route: Route) -> None:
    Organization.objects.update(children_allowed=10)
    path, body = request_for(api, route.path)
    if route.path == "/v2/assets":
        first, again = (form(api, boundary=boundary) for boundary in ("first", "second"))
        assert first.status_code == 201
        same(first, again)
        assert Asset.objects.count() == 1
        return
    first = post(api, path, body)
    assert first.status_code < 300 or route.path not in BODIES, first.content
    before = rows()
    same(first, post(api, path, body))
    assert rows() == before


SEGMENTS = ("boarding_passes", "coupons", "event_tickets", "generics", "store_cards")
BODIES = {
    "/v2/templates": lambda api: {"template": {"name": "T", "pass_type": "coupon", "icon_id": api.upload("icon")}},
    "/v2/organizations": lambda _: {"name": "North"},
    "/v2/remote_forms/{campaign_id}/submit": lambda _: {"member": "Ada"},
    **{f"/v2/{segment}": partial(wanted, segment=segment) for segment in SEGMENTS},
    **{f"/v2/{segment}/{{campaign_id}}/redeem": lambda _: {"redeem_code": "1"} for segment in SEGMENTS},
    **{f"/v2/{segment}/{{campaign_id}}/passes/bulk": lambda _: [{}, {"external_id": "A"}] for segment in SEGMENTS},
}


def request_for(api: Api, template: str) -> tuple[str, Any]:
    segment = template.split("/")[2]
    ids = {"campaign_id": str(uuid4()), "pass_id": str(uuid4())}
    if "{campaign_id}" in template:
        there = campaign(api, segment if f"/v2/{segment}" in BODIES else "generics")
        ids["campaign_id"] = there.rpartition("/")[2]
        ids["pass_id"] = ok(api.post(f"{there}/passes"), 201)["id"]
    path = template
    for part in [part[1:-1] for part in template.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{part}}}", ids.get(part, str(uuid4())))
    return path, BODIES.get(template, lambda _: {})(api)


@pytest.fixture
def path(api: Api, certificates: None) -> str:
    return f"{campaign(api)}/passes"


def test_the_first_answer_is_given_again_whatever_has_become_of_it(api: Api, path: str) -> None:
    first = post(api, path, {"pass": {"external_id": "A"}})
    ok(api.patch(f"{path}/{ok(first, 201)['id']}", {"pass": {"external_id": "B"}}))
    same(first, post(api, path, {"pass": {"external_id": "A"}}))
    ok(api.delete(f"{path}/{ok(first, 201)['id']}"))
    same(first, post(api, path, {"pass": {"external_id": "A"}}))
    assert not Pass.objects.exists()


def test_other_spellings_of_the_address_are_the_same_request(api: Api, path: str) -> None:
    first = post(api, path)
    for spelled in (f"{path}/", f"{path}.json", path.replace("/passes", "//passes")):
        same(first, post(api, spelled))


@pytest.mark.parametrize(
    "other",
    [
        lambda path: ("POST", path, {"pass": {"voided": False}}),
        lambda path: ("POST", path, {"pass": {}}),
        lambda path: ("POST", path, UNSENT),
        lambda path: ("POST", f"{path}?a=1", {"pass": {"voided": True}}),
        lambda path: ("POST", path.replace("/v2/", "/v1/"), {"pass": {"voided": True}}),
        lambda path: ("POST", path.replace("/passes", ""), {"pass": {"voided": True}}),
        lambda path: ("POST", "/v2/templates", {"pass": {"voided": True}}),
    ],
    ids=["value", "empty", "no body", "query", "version", "address", "resource"],
)
def test_another_request_with_the_same_key_is_refused_and_does_nothing(api: Api, path: str, other: Any) -> None:
    body = {"pass": {"voided": True}}
    first = post(api, path, body)
    before = rows()
    method, address, sent = other(path)
    answer = post(api, address, sent, method=method)
    assert list(refused(answer, 422)) == ["Idempotency-Key"]
    assert "Idempotent-Replayed" not in answer
    assert rows() == before
    same(first, post(api, path, body))


def test_each_version_has_its_own_shape(api: Api, path: str) -> None:
    v1 = post(api, path.replace("/v2/", "/v1/"), key="one")
    v2 = post(api, path, key="two")
    assert "authentication_token" in ok(v1, 201)
    assert "authentication_token" not in ok(v2, 201)
    same(v1, post(api, path.replace("/v2/", "/v1/"), key="one"))
    same(v2, post(api, path, key="two"))


def test_another_picture_or_slot_is_another_request(api: Api) -> None:
    first = form(api, boundary="a")
    for other in (form(api, "#000000", boundary="a"), form(api, boundary="a", asset_type="logo")):
        assert list(refused(other, 422)) == ["Idempotency-Key"]
    same(first, form(api, boundary="b"))
    assert Asset.objects.count() == 1


def test_a_key_is_one_organizations_own(api: Api, stranger: Api, path: str) -> None:
    mine = post(api, path)
    theirs = post(stranger, f"{campaign(stranger)}/passes")
    assert ok(mine, 201)["id"] != ok(theirs, 201)["id"]
    assert list(refused(post(stranger, path))) == ["Idempotency-Key"]
    same(mine, post(api, path))


def test_without_a_key_nothing_is_kept(api: Api, path: str) -> None:
    assert ok(api.post(path), 201)["id"] != ok(api.post(path), 201)["id"]
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "PUT", "DELETE"])
def test_other_methods_take_no_key(api: Api, path: str, method: str) -> None:
    one = f"{path}/{ok(api.post(path), 201)['id']}"
    answer = post(api, one, {} if method != "GET" else UNSENT, key="not a key", method=method)
    assert answer.status_code == 200
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "two words", "tab\there", "é", "x" * 256])
def test_a_key_that_is_none(api: Api, path: str, key: str) -> None:
    faults = refused(post(api, path, key=key))
    assert faults == {"Idempotency-Key": ["must be 1 to 255 visible ASCII characters without spaces, such as a UUID"]}
    assert not Pass.objects.exists()


@pytest.mark.parametrize("key", ["x" * 255, "!", "~", '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a:b/c,d;e=f%00"])
def test_a_key_may_be_any_visible_text(api: Api, path: str, key: str) -> None:
    same(post(api, path, key=key), post(api, path, key=key))


# Refusals.


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"pass": {"external_id": "x" * 256}}, 422, "external_id"),
        ({"pass": {"external_id": "taken"}}, 422, "external_id"),
        ({"pass": {"thumbnail_id": str(uuid4())}}, 422, "thumbnail_id"),
    ],
)
def test_a_refusal_is_an_answer(api: Api, path: str, body: Any, status: int, named: str) -> None:
    """One by the payload, one by the database and one by the operation: the transaction goes on after each."""
    ok(api.post(path, {"pass": {"external_id": "taken"}}), 201)
    first = post(api, path, body)
    assert list(refused(first, status)) == [named]
    Pass.objects.all().delete()
    same(first, post(api, path, body))
    assert not Pass.objects.exists()


def test_a_refused_code_of_its_own_is_an_answer(api: Api, certificates: None) -> None:
    path = f"{campaign(api, code_type='per_pass', barcode={})}/passes"
    body = {"pass": {"barcode": {"message": "A-1"}}}
    ok(api.post(path, body), 201)
    first = post(api, path, body)
    assert list(refused(first)) == ["barcode"]
    same(first, post(api, path, body))
    assert Pass.objects.count() == 1


def test_a_taken_name_is_an_answer(api: Api, certificates: None) -> None:
    body = wanted(api, "coupons", name="Once")
    ok(api.post("/v2/coupons", body), 201)
    before = rows()
    first = post(api, "/v2/coupons", body)
    assert refused(first) == {"name": ["has already been taken"]}
    same(first, post(api, "/v2/coupons", body))
    assert rows() == {**before, "IdempotentAnswer": 1}


def test_a_paused_campaign_is_an_answer(api: Api, path: str) -> None:
    Campaign.objects.update(state="paused")
    first = post(api, path)
    assert list(refused(first, 412)) == ["campaign"]
    Campaign.objects.update(state="published")
    same(first, post(api, path))
    ok(post(api, path, key="another"), 201)


def test_what_is_not_there_is_an_answer(api: Api, stranger: Api, path: str) -> None:
    first = post(stranger, path)
    assert refused(first, 404) == {"campaign": "Campaign not found."}
    same(first, post(stranger, path))


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff"])
def test_what_cannot_be_read_is_not_kept(api: Api, path: str, content: bytes) -> None:
    refused(raw(api, path, content), 400)
    assert not IdempotentAnswer.objects.exists()
    ok(raw(api, path, b"{}"), 201)


def test_who_is_not_let_in_keeps_nothing(api: Api, path: str) -> None:
    wrong = Api(api.organization, "wrong")
    first = post(api, path)
    refused(post(wrong, path), 401)
    refused(post(wrong, path, key="not a key"), 401)
    Organization.objects.update(locked_at=NOW)
    refused(post(api, path), 403)
    assert IdempotentAnswer.objects.count() == 1
    Organization.objects.update(locked_at=None)
    same(first, post(api, path))


def test_an_address_that_is_none_keeps_nothing(api: Api) -> None:
    refused(post(api, "/v2/nothing"), 404)
    refused(post(api, "/v2/certificates"), 405)
    assert not IdempotentAnswer.objects.exists()


def test_the_credentials_are_looked_up_once(api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def looked_up(username: str) -> Organization | None:
        asked.append(username)
        return organization_with_username(username)

    monkeypatch.setattr(credentials, "organization_with_username", looked_up)
    ok(post(api, path), 201)
    assert asked == [api.organization.api_username]


# The table.


def test_kept_answers_cannot_be_read(api: Api, path: str) -> None:
    shown = ok(post(api, path.replace("/v2/", "/v1/"), {"pass": {"user_info": {"secret": "swordfish"}}}), 201)
    kept = bytes(IdempotentAnswer.objects.get().answer or b"")
    assert len(kept) > 500
    for text in ("swordfish", "user_info", shown["authentication_token"], shown["id"], "application/json"):
        assert text.encode() not in kept


def test_an_answer_moved_to_another_organization_is_not_given(api: Api, stranger: Api, path: str) -> None:
    post(api, path)
    row = IdempotentAnswer.objects.get()
    IdempotentAnswer.objects.create(
        organization=stranger.organization,
        key=row.key,
        fingerprint=row.fingerprint,
        answer=row.answer,
        created_at=timezone.now(),
    )
    refused(post(stranger, path), 500)


# Failures, and two of anything at once: against committed rows.


@pytest.fixture
def committed(transactional_db: None) -> Api:
    public_certificates(NOW)
    return make_api("your company")


@pytest.fixture
def committed_path(committed: Api) -> str:
    return f"{campaign(committed)}/passes"


def test_a_failure_between_the_pass_and_its_answer_leaves_neither(
    committed: Api, committed_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows()
    with monkeypatch.context() as broken:
        broken.setattr(answer_once, "sealed", lambda *_: 1 / 0)
        refused(post(committed, committed_path), 500)
    assert rows() == before
    first = post(committed, committed_path)
    assert ok(first, 201)["redeem_code"] == "0000001"
    same(first, post(committed, committed_path))


def test_twenty_at_once_make_one_pass(committed: Api, committed_path: str) -> None:
    answers = together([partial(post, committed, committed_path, {"pass": {"external_id": "one"}})] * 20)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 19
    assert Pass.objects.count() == Campaign.objects.get().pass_count == 1


def test_twenty_at_once_with_keys_of_their_own_make_twenty(committed: Api, committed_path: str) -> None:
    answers = together([partial(post, committed, committed_path, key=f"key-{number}") for number in range(20)])
    assert sorted(ok(answer, 201)["redeem_code"] for answer in answers) == [f"{n:07d}" for n in range(1, 21)]
    assert Pass.objects.count() == IdempotentAnswer.objects.count() == 20


def test_different_requests_at_once_under_one_key(committed: Api, committed_path: str) -> None:
    calls = [partial(post, committed, committed_path, {"pass": {"external_id": str(number)}}) for number in range(8)]
    answers = together(calls)
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 7]
    assert Pass.objects.count() == 1


def test_uploads_at_once_under_one_key(committed: Api) -> None:
    answers = together([partial(form, committed, boundary=f"boundary{number}") for number in range(6)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({json.loads(answer.content)["id"] for answer in answers}) == 1
    assert Asset.objects.count() == 1


@pytest.fixture
def under_way(committed: Api) -> Iterator[None]:
    """The first request under the key has begun, on another connection, and does not end."""
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO idempotent_answer (organization_id, key, fingerprint, created_at)"
                " VALUES (%s, %s, '', now())",
                [committed.organization.id, KEY],
            )
        yield
    finally:
        other.close()


def test_who_comes_while_the_first_does_not_end_is_told_to_come_again(
    committed: Api, committed_path: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(answer_once, "LONGEST_WAIT_SECONDS", 0.2)
    request.getfixturevalue("under_way")
    answer = post(committed, committed_path)
    refused(answer, 409)
    assert "id" not in json.loads(answer.content)
    assert answer["Retry-After"] == "5"
    ok(post(committed, committed_path, key="another"), 201)
    assert Pass.objects.count() == 1
