"""Webhook endpoints through the API: made, changed, tried, replayed; and each organization's are its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from passwright import outgoing
from passwright.data.models import Organization, WebhookDelivery, WebhookEndpoint
from passwright.interfaces import jobs
from passwright.operations.issue_pass import issue_pass
from passwright.operations.send_webhooks import WebhookSender
from passwright.operations.webhook_secrets import decrypted_key
from passwright.outgoing import Answer, post
from passwright.passes.webhooks import OF_THE_CONTRACT, WebhookEvent
from tests.fakes.receiver import receiving
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.toy_town import ok, refused
from tests.operations.toys import toy_town

ADDRESS = "https://shop.example.org/hooks"
ATTRIBUTES = [
    *("id", "url", "description", "events", "send_api_key", "of_organization", "secret", "failing_since"),
    *("disabled_at", "disabled_reason", "created_at", "updated_at"),
]


@pytest.fixture
def hook(api: Api) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.post("/v2/webhooks", {"url": ADDRESS}), 201)
    return made


def path_of(hook: dict[str, Any], rest: str = "") -> str:
    return f"/v2/webhooks/{hook['id']}{rest}"


def send(answer: Any = post) -> None:
    sender = WebhookSender(clock=lambda: datetime.now(UTC), chance=lambda: 0.0, post=answer, threads=2)
    while sender.step():
        pass
    sender.close()


def test_a_webhook_is_made_with_a_secret_that_is_shown_once(api: Api, hook: dict[str, Any]) -> None:
    assert list(hook) == ATTRIBUTES
    assert (hook["url"], hook["description"], hook["send_api_key"], hook["of_organization"]) == (
        ADDRESS,
        "",
        True,
        False,
    )
    assert hook["events"] == list(OF_THE_CONTRACT)
    assert hook["secret"].startswith("whsec_")
    Webhook(hook["secret"])
    shown = hook | {"secret": None}
    assert ok(api.get(path_of(hook))) == shown
    assert ok(api.get("/v2/webhooks")) == [shown]
    rotated = ok(api.post(path_of(hook, "/rotate_secret")))
    assert rotated["secret"] not in (None, hook["secret"])
    assert ok(api.get(path_of(hook)))["secret"] is None


def test_it_is_changed_and_deleted(api: Api, hook: dict[str, Any]) -> None:
    wanted = {"url": f"{ADDRESS}/2", "events": ["voided", "created", "voided"], "send_api_key": False}
    changed = ok(api.patch(path_of(hook), {"webhook": {**wanted, "description": "till"}}))
    assert (changed["url"], changed["events"], changed["send_api_key"]) == (
        f"{ADDRESS}/2",
        ["created", "voided"],
        False,
    )
    assert ok(api.patch(path_of(hook)))["description"] == "till"
    assert ok(api.put(path_of(hook), {"description": None}))["description"] == ""
    assert ok(api.delete(path_of(hook))) == {"errors": []}
    refused(api.get(path_of(hook)), 404)
    assert ok(api.get("/v2/webhooks")) == []


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"url": ["can't be blank"]}),
        ({"url": None}, {"url": ["can't be blank"]}),
        ({"url": "ftp://a"}, {"url": ["must be an http or https address"]}),
        ({"url": "http://127.0.0.1:8000/"}, {"url": ["must not be a private address"]}),
        ({"url": "http://2130706433/"}, {"url": ["must not be a private address"]}),
        ({"url": "http://localhost./"}, {"url": ["must not be a private address"]}),
        ({"url": "https://me:word@example.org/"}, {"url": ["must not contain a user name or password"]}),
        ({"url": ADDRESS, "events": []}, {"events": [f"must be a list of {', '.join(WebhookEvent)}"]}),
        ({"url": ADDRESS, "events": ["born"]}, {"events": [f"must be a list of {', '.join(WebhookEvent)}"]}),
        ({"url": ADDRESS, "events": [["created"]]}, {"events": [f"must be a list of {', '.join(WebhookEvent)}"]}),
        ({"url": ADDRESS, "events": "created"}, {"events": [f"must be a list of {', '.join(WebhookEvent)}"]}),
        ({"url": ADDRESS, "description": "a" * 501}, {"description": ["is too long (at most 500 characters)"]}),
        ({"url": ADDRESS, "send_api_key": "perhaps"}, {"send_api_key": ["must be true or false"]}),
    ],
)
def test_what_is_wrong_is_named(api: Api, body: Any, errors: dict[str, list[str]]) -> None:
    assert refused(api.post("/v2/webhooks", body)) == errors
    assert not WebhookEndpoint.objects.exists()


def test_an_organization_has_twenty_at_most_whatever_comes_at_once(transactional_db: None) -> None:
    api = make_api("your company")
    for number in range(18):
        ok(api.post("/v2/webhooks", {"url": f"{ADDRESS}/{number}"}), 201)
    answers = together([lambda: api.post("/v2/webhooks", {"url": ADDRESS}) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201, 201, 412, 412, 412, 412]
    assert "20 webhooks" in refused(api.post("/v2/webhooks", {"url": ADDRESS}), 412)["webhook"]


def test_another_organization_knows_nothing_of_it(api: Api, stranger: Api, hook: dict[str, Any]) -> None:
    delivery = ok(api.post(path_of(hook, "/test")), 202)
    assert ok(stranger.get("/v2/webhooks")) == []
    for method, rest in (
        *(("GET", rest) for rest in ("", "/deliveries", f"/deliveries/{delivery['id']}")),
        *(("POST", rest) for rest in ("/rotate_secret", "/enable", "/test", f"/deliveries/{delivery['id']}/replay")),
        ("PATCH", ""),
        ("DELETE", ""),
    ):
        refused(stranger.request(method, path_of(hook, rest)), 404)
    mine = ok(stranger.post("/v2/webhooks", {"url": ADDRESS}), 201)
    refused(stranger.get(path_of(mine, f"/deliveries/{delivery['id']}")), 404)
    refused(stranger.post(path_of(mine, f"/deliveries/{delivery['id']}/replay")), 404)
    refused(api.get("/v2/webhooks/none"), 404)
    refused(api.get(path_of(hook, "/deliveries/none")), 404)


def test_a_test_arrives_and_its_log_says_so(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setattr(outgoing, "HOSTS", frozenset({receiver.host}))
        hook = ok(api.post("/v2/webhooks", {"url": receiver.url()}), 201)
        queued = ok(api.post(path_of(hook, "/test")), 202)
        assert (queued["state"], queued["attempts"], queued["event"]) == ("queued", 0, "test")
        send()
    (got,) = receiver.got
    assert Webhook(hook["secret"]).verify(got.body, got.headers) == got.json
    assert got.headers["authorization"] == api.password
    shown = ok(api.get(path_of(hook, f"/deliveries/{queued['id']}")))
    assert (shown["state"], shown["status"], shown["error"], shown["due_at"]) == ("delivered", 200, None, None)
    assert shown["body"] == got.json
    (attempt,) = shown["log"]
    assert (attempt["status"], attempt["answer"], attempt["error"]) == (200, "ok", None)


def test_deliveries_are_listed_by_state_and_replayed(api: Api, hook: dict[str, Any], certificates: None) -> None:
    campaign = toy_town(api.organization)
    passes = [issue_pass(campaign=campaign, now=NOW) for _ in range(3)]
    send(lambda *_, **__: Answer(status=500, error="The receiver answered 500.", text="oh no"))
    first = ok(api.get(path_of(hook, f"/deliveries?q[pass_id_eq]={passes[0].id}")))[0]
    WebhookDelivery.objects.filter(id=first["id"]).update(state="failed", due_at=None, finished_at=NOW)
    listed = ok(api.get(path_of(hook, "/deliveries")))
    assert [each["pass_id"] for each in listed] == [str(row.id) for row in reversed(passes)]
    (failed,) = ok(api.get(path_of(hook, "/deliveries?q[state_eq]=failed")))
    assert (failed["id"], failed["status"], failed["error"]) == (first["id"], 500, "The receiver answered 500.")
    assert ok(api.get(path_of(hook, "/deliveries?q[s]=event_at"))) == listed[::-1]
    by_state = ok(api.get(path_of(hook, "/deliveries?q[s]=state")))
    assert by_state == [failed, *(each for each in listed if each != failed)]
    again = ok(api.post(path_of(hook, f"/deliveries/{failed['id']}/replay")), 202)
    assert (again["state"], again["finished_at"]) == ("queued", None)
    send(lambda *_, **__: Answer(status=200, text=""))
    shown = ok(api.get(path_of(hook, f"/deliveries/{failed['id']}")))
    assert (shown["state"], [each["status"] for each in shown["log"]]) == ("delivered", [500, 200])
    assert shown["log"][0]["answer"] == "oh no"


def test_a_disabled_one_is_enabled_before_it_is_called(api: Api, hook: dict[str, Any]) -> None:
    delivery = ok(api.post(path_of(hook, "/test")), 202)
    send(lambda *_, **__: Answer(status=410, error="The receiver answered 410.", text=""))
    shown = ok(api.get(path_of(hook)))
    assert shown["disabled_at"] is not None
    assert shown["disabled_reason"] == "The receiver answered 410: it is gone."
    assert refused(api.post(path_of(hook, "/test")), 412) == {"webhook": "The webhook is disabled. Enable it first."}
    refused(api.post(path_of(hook, f"/deliveries/{delivery['id']}/replay")), 412)
    assert ok(api.post(path_of(hook, "/enable")))["disabled_at"] is None
    send(lambda *_, **__: Answer(status=200, text=""))
    assert ok(api.get(path_of(hook, f"/deliveries/{delivery['id']}")))["state"] == "delivered"


def test_a_repetition_with_its_key_gets_the_same_secret_and_makes_nothing(api: Api) -> None:
    body, headers = json.dumps({"url": ADDRESS}).encode(), {"idempotency-key": "one"}
    first, second = (ok(api.raw("POST", "/v2/webhooks", body, headers=headers), 201) for _ in range(2))
    assert first == second
    assert WebhookEndpoint.objects.count() == 1
    wrong = json.dumps({"url": "http://10.0.0.1/"}).encode()
    for _ in range(2):
        refused(api.raw("POST", "/v2/webhooks", wrong, headers={"idempotency-key": "two"}), 422)


def test_the_organizations_own_address_is_one_of_them(api: Api) -> None:
    path = f"/v2/organizations/{api.organization.id}"
    assert refused(api.patch(path, {"webhook_url": "http://[::1]/"})) == {
        "webhook_url": ["must not be a private address"]
    }
    ok(api.patch(path, {"webhook_url": ADDRESS}))
    (hook,) = ok(api.get("/v2/webhooks"))
    assert (hook["url"], hook["of_organization"]) == (ADDRESS, True)
    ok(api.patch(path_of(hook), {"url": f"{ADDRESS}/2"}))
    assert ok(api.get(path))["webhook_url"] == f"{ADDRESS}/2"
    ok(api.delete(path_of(hook)))
    assert ok(api.get(path))["webhook_url"] is None


def test_a_password_from_before_is_kept_for_webhooks_when_it_comes(api: Api, stranger: Api) -> None:
    Organization.objects.update(api_password_encrypted=None)
    wrong = Api(api.organization, "wrong")
    refused(wrong.get("/v2/webhooks"), 401)
    kept = Organization.objects.get(id=api.organization.id).api_password_encrypted
    assert kept is None
    for _ in range(2):
        ok(api.get("/v2/webhooks"))
    assert decrypted_key(Organization.objects.get(id=api.organization.id).api_password_encrypted or b"") == api.password
    assert Organization.objects.get(id=stranger.organization.id).api_password_encrypted is None


def test_a_childs_password_is_kept_as_well(api: Api) -> None:
    Organization.objects.update(children_allowed=1)
    child = ok(api.post("/v2/organizations", {"name": "North"}), 201)
    row = Organization.objects.get(id=child["id"])
    assert decrypted_key(row.api_password_encrypted or b"") == child["api_password"]


def test_every_pass_of_an_import_is_told(api: Api, hook: dict[str, Any], certificates: None) -> None:
    campaign = toy_town(api.organization)
    issue_pass(campaign=campaign, now=NOW)
    WebhookDelivery.objects.all().delete()
    bulk = ok(api.raw("POST", f"/v2/generics/{campaign.id}/passes/bulk", b"{}\n[]\n{}\n"), 202)
    jobs.import_rows(bulk["id"])
    made = set(campaign.passes.order_by("created_at").values_list("id", "created_at")[1:])
    told = WebhookDelivery.objects.values_list("pass_id", "at", "event", "endpoint_id")
    assert {(pass_id, at) for pass_id, at, _, _ in told} == made
    assert {(event, str(endpoint)) for _, _, event, endpoint in told} == {("created", hook["id"])}
    assert len(told) == len(made) > 1
