"""Organizations below an organization: who may manage them, and that each is a tenant of its own."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse

from passwright.data.models import Organization
from passwright.operations.allow_children import allow_children
from passwright.operations.lock_organization import lock_organization
from passwright.operations.unlock_organization import unlock_organization
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together
from tests.interfaces.api.toy_town import ApiClient, ok, refused

ATTRIBUTES = [
    "id",
    "name",
    "api_username",
    "api_password",
    "webhook_url",
    "users_count",
    "locked_at",
    "updated_at",
    "created_at",
]
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UNKNOWN = "b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1"


def permitted(api: Api, children: int = 10) -> Api:
    allow_children(organization_id=api.organization.id, children=children, now=NOW)
    return api


@pytest.fixture
def parent(api: Api) -> Api:
    return permitted(api)


@pytest.fixture
def child(parent: Api) -> dict[str, Any]:
    made: dict[str, Any] = ok(parent.post("/v2/organizations", {"name": "North"}), 201)
    return made


@pytest.fixture
def others(stranger: Api) -> dict[str, Any]:
    """A child of somebody else."""
    made: dict[str, Any] = ok(permitted(stranger).post("/v2/organizations", {"name": "South"}), 201)
    return made


def client_of(organization: dict[str, Any]) -> ApiClient:
    return ApiClient(organization["api_username"], organization["api_password"])


def path_of(organization: dict[str, Any] | Api) -> str:
    found = organization.organization.id if isinstance(organization, Api) else organization["id"]
    return f"/v2/organizations/{found}"


# Making them


@pytest.mark.parametrize("path", ["/v2/organizations", "/v2/organizations/", "/v1/organizations", "//v2/organizations"])
@pytest.mark.parametrize("body", [{"name": " Toy Town North "}, {"organization": {"name": "Toy Town North"}}])
def test_a_child_is_made_with_credentials_that_work(parent: Api, path: str, body: dict[str, Any]) -> None:
    made = ok(parent.raw("POST", "/", json.dumps(body).encode(), PATH_INFO=path), 201)
    assert list(made) == ATTRIBUTES
    assert made["name"] == "Toy Town North"
    assert (made["webhook_url"], made["users_count"], made["locked_at"]) == (None, 0, None)
    assert MILLISECONDS.fullmatch(made["created_at"])
    assert MILLISECONDS.fullmatch(made["updated_at"])
    assert ok(client_of(made).get("/v2/assets")) == []
    again = ok(parent.post("/v2/organizations", body), 201)
    assert (again["name"], again["id"] == made["id"]) == ("Toy Town North", False)


@pytest.mark.parametrize(
    ("body", "status", "errors"),
    [
        ({}, 422, {"name": ["can't be blank"]}),
        (None, 422, {"name": ["can't be blank"]}),
        ([], 422, {"name": ["can't be blank"]}),
        ({"name": None}, 422, {"name": ["can't be blank"]}),
        ({"name": " \t"}, 422, {"name": ["can't be blank"]}),
        ({"organization": {}}, 422, {"name": ["can't be blank"]}),
        ({"name": ["a"]}, 422, {"name": ["must be a text"]}),
        ({"name": "a" * 256}, 422, {"name": ["is too long (at most 255 characters)"]}),
        ({"organization": "North"}, 422, {"organization": ["must be an object"]}),
    ],
)
def test_a_name_that_is_none_is_refused(parent: Api, body: Any, status: int, errors: dict[str, Any]) -> None:
    assert refused(parent.post("/v2/organizations", body), status) == errors
    assert Organization.objects.count() == 1


def test_there_are_no_more_than_the_operator_allows(parent: Api, stranger: Api) -> None:
    permitted(parent, 2)
    for _ in range(2):
        ok(parent.post("/v2/organizations", {"name": "North"}), 201)
    errors = refused(parent.post("/v2/organizations", {"name": "North"}), 412)
    assert errors == {
        "organization": "This organization may have 2 organizations below it and has 2. "
        "Ask the operator of this server to allow more."
    }
    assert Organization.objects.filter(parent=parent.organization).count() == 2
    ok(permitted(stranger, 1).post("/v2/organizations", {"name": "South"}), 201)
    permitted(parent, 1)
    refused(parent.post("/v2/organizations", {"name": "North"}), 412)
    permitted(parent, 3)
    ok(parent.post("/v2/organizations", {"name": "North"}), 201)


@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_get_the_ten_places(transactional_db: None) -> None:
    parent = permitted(make_api("Busy"))
    answers = together([partial(parent.post, "/v2/organizations", {"name": "North"})] * 12)
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [412] * 2
    assert Organization.objects.filter(parent=parent.organization).count() == 10
    assert len({answer.json()["api_username"] for answer in answers if answer.status_code == 201}) == 10


# Who may


ROUTES: dict[str, Callable[[Api, str], HttpResponse]] = {
    "list": lambda api, path: api.get("/v2/organizations"),
    "create": lambda api, path: api.post("/v2/organizations", {"name": "North"}),
    "get": lambda api, path: api.get(path),
    "update": lambda api, path: api.patch(path, {"name": "Mine"}),
    "put": lambda api, path: api.put(path, {"name": "Mine"}),
    "refresh": lambda api, path: api.post(f"{path}/refresh_api_password"),
}


@pytest.mark.parametrize("route", ROUTES)
def test_without_the_permission_nothing_is_managed(api: Api, others: dict[str, Any], route: str) -> None:
    before = list(Organization.objects.order_by("id").values())
    errors = refused(ROUTES[route](api, path_of(others)), 403)
    assert errors == {
        "base": "This organization may not manage organizations. Ask the operator of this server to allow it."
    }
    assert list(Organization.objects.order_by("id").values()) == before


@pytest.mark.parametrize("route", ["get", "update", "put", "refresh"])
def test_somebody_elses_are_unknown(parent: Api, others: dict[str, Any], stranger: Api, route: str) -> None:
    before = list(Organization.objects.order_by("id").values())
    for path in (path_of(others), path_of(stranger), f"/v2/organizations/{UNKNOWN}", "/v2/organizations/1"):
        assert refused(ROUTES[route](parent, path), 404) == {"organization": "Organization not found."}
    assert list(Organization.objects.order_by("id").values()) == before


def test_a_childs_children_are_not_the_parents(parent: Api, child: dict[str, Any]) -> None:
    allow_children(organization_id=Organization.objects.get(id=child["id"]).id, children=1, now=NOW)
    grandchild = ok(client_of(child).post("/v2/organizations", {"name": "Far North"}), 201)
    refused(parent.get(path_of(grandchild)), 404)
    refused(parent.post(f"{path_of(grandchild)}/refresh_api_password"), 404)
    refused(client_of(child).get(path_of(parent)), 404)
    assert [row["id"] for row in ok(parent.get("/v2/organizations"))] == [child["id"]]


def test_a_child_may_not_manage_until_it_is_allowed(child: dict[str, Any]) -> None:
    refused(client_of(child).get("/v2/organizations"), 403)
    refused(client_of(child).post("/v2/organizations", {"name": "Far North"}), 403)


def test_a_child_sees_nothing_of_its_parent_nor_the_parent_of_it(parent: Api, child: dict[str, Any]) -> None:
    asset = parent.upload("icon")
    refused(client_of(child).get(f"/v2/assets/{asset}"), 404)
    own = client_of(child).upload("icon")
    refused(parent.get(f"/v2/assets/{own}"), 404)


def test_everybody_sees_and_changes_its_own(api: Api) -> None:
    assert ok(api.get(path_of(api)))["api_username"] == api.organization.api_username
    assert ok(api.get(path_of(api).upper().replace("V2/ORGANIZATIONS", "v2/organizations")))["name"] == "your company"
    assert ok(api.patch(path_of(api), {"name": "Ours"}))["name"] == "Ours"
    refused(api.post(f"{path_of(api)}/refresh_api_password"), 403)


# Lists


def test_a_list_has_the_children_a_page_at_a_time(parent: Api, others: dict[str, Any]) -> None:
    names = ["North", "north-west", "East"]
    made = [ok(parent.post("/v2/organizations", {"name": name}), 201) for name in names]
    listed = parent.get("/v2/organizations?per_page=2")
    assert [row["id"] for row in ok(listed)] == [row["id"] for row in made[:2]]
    assert (listed["X-Total"], listed["X-Next-Page"]) == ("3", "2")
    last = parent.get("/v2/organizations?page=2&per_page=2")
    assert [row["name"] for row in ok(last)] == ["East"]
    assert "X-Next-Page" not in last

    def asked(query: str) -> list[str]:
        return [row["name"] for row in ok(parent.get(f"/v2/organizations?{query}"))]

    assert asked("q[name_cont]=NORTH") == ["North", "north-west"]
    assert asked("q[name_eq]=East") == ["East"]
    assert asked("q[created_at_lt]=2001-01-01") == []
    assert asked("q[s]=created_at+desc") == names[::-1]
    ignored = parent.get("/v2/organizations?q[api_username_eq]=a")
    assert ignored["X-Ignored-Params"] == "q[api_username_eq]"


# Passwords


def test_a_refreshed_password_is_valid_at_once_and_the_old_one_is_not(parent: Api, child: dict[str, Any]) -> None:
    old = client_of(child)
    new = ok(parent.post(f"{path_of(child)}/refresh_api_password"))
    assert list(new) == ATTRIBUTES
    assert new["api_username"] == child["api_username"]
    assert new["api_password"] != child["api_password"]
    refused(old.get("/v2/assets"), 401)
    assert ok(client_of(new).get("/v2/assets")) == []
    own = ok(parent.post(f"{path_of(parent)}/refresh_api_password", {}))
    refused(parent.get("/v2/organizations"), 401)
    assert [row["id"] for row in ok(client_of(own).get("/v2/organizations"))] == [child["id"]]


def test_a_password_is_answered_once_and_neither_it_nor_its_hash_is_logged(
    parent: Api, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    made = ok(parent.post("/v2/organizations", {"name": "North"}), 201)
    new = ok(parent.post(f"{path_of(made)}/refresh_api_password"))
    answers = [
        parent.get("/v2/organizations"),
        parent.get(path_of(made)),
        parent.patch(path_of(made), {"name": "N"}),
        client_of(new).get(path_of(made)),
        parent.get(path_of(parent)),
    ]
    told = b"".join(answer.content for answer in answers).decode() + caplog.text + "".join(capfd.readouterr())
    hashes = [bytes(row.api_password_hash) for row in Organization.objects.all()]
    for answer in answers[1:]:
        assert ok(answer)["api_password"] is None
    assert [row["api_password"] for row in ok(answers[0])] == [None]
    for secret in (made["api_password"], new["api_password"], parent.password):
        assert secret not in told
    for digest in hashes:
        assert digest.hex() not in told
        assert base64.b64encode(digest).decode() not in told


# Changes


def test_what_is_sent_changes_and_the_rest_stays(parent: Api, child: dict[str, Any]) -> None:
    address = "https://shop.example.org/passes?a=b"
    changed = ok(parent.patch(path_of(child), {"webhook_url": address}))
    assert changed == {
        **child,
        "api_password": None,
        "webhook_url": address,
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > child["updated_at"]
    renamed = ok(client_of(child).put(path_of(child), {"organization": {"name": " Nord ", "api_username": "mine"}}))
    assert (renamed["name"], renamed["webhook_url"]) == ("Nord", address)
    assert renamed["api_username"] == child["api_username"]
    assert ok(parent.patch(path_of(child)))["webhook_url"] == address
    assert ok(parent.patch(path_of(child), {"webhook_url": None}))["webhook_url"] is None
    assert ok(parent.get(path_of(child)))["name"] == "Nord"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"name": None}, {"name": ["can't be blank"]}),
        ({"webhook_url": "ftp://example.org/"}, {"webhook_url": ["must be an http or https address"]}),
        ({"webhook_url": "javascript:alert(1)"}, {"webhook_url": ["must be an http or https address"]}),
        ({"webhook_url": "https://"}, {"webhook_url": ["must be an http or https address"]}),
        ({"webhook_url": {}}, {"webhook_url": ["must be a text"]}),
        (
            {"name": "", "webhook_url": "/here"},
            {"name": ["can't be blank"], "webhook_url": ["must be an http or https address"]},
        ),
    ],
)
def test_what_is_wrong_changes_nothing(
    parent: Api, child: dict[str, Any], body: dict[str, Any], errors: dict[str, Any]
) -> None:
    assert refused(parent.patch(path_of(child), body), 422) == errors
    assert ok(parent.get(path_of(child))) == {**child, "api_password": None}


# Locks


def test_a_locked_parent_is_refused_and_its_children_are_not(parent: Api, child: dict[str, Any]) -> None:
    lock_organization(organization_id=parent.organization.id, now=NOW)
    refused(parent.get("/v2/organizations"), 403)
    refused(parent.get("/v2/assets"), 403)
    assert ok(client_of(child).get(path_of(child)))["locked_at"] is None
    unlock_organization(organization_id=parent.organization.id, now=NOW)
    assert len(ok(parent.get("/v2/organizations"))) == 1


def test_a_locked_child_is_seen_to_be_locked(parent: Api, child: dict[str, Any]) -> None:
    lock_organization(organization_id=Organization.objects.get(id=child["id"]).id, now=NOW)
    refused(client_of(child).get("/v2/assets"), 403)
    assert ok(parent.get(path_of(child)))["locked_at"] == "2026-11-22T09:30:00.000Z"
    ok(parent.post(f"{path_of(child)}/refresh_api_password"))
