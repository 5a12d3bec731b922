"""The documented request bodies are true: what they describe is what is read, and what is refused is not in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from passwright.interfaces.api.openapi import document
from passwright.interfaces.api.request_schemas import campaign_body, new_campaign_body, pass_body, push_body
from tests.interfaces.api.test_campaign_attributes import ATTRIBUTES, IDS
from tests.interfaces.api.test_campaign_refusals import OF_CAMPAIGNS, OF_PASSES, SHARED, name_case
from tests.interfaces.api.test_pushes import SAYING_NOTHING
from tests.interfaces.api.toy_town import johnny, toy_town

ID = "e365088d-27db-4d5e-9915-466d06385426"
NEW = Draft202012Validator(new_campaign_body("generic"), validate_formats=True)
CHANGES = Draft202012Validator(campaign_body("generic"), validate_formats=True)
PUSH = Draft202012Validator(push_body("generic", resets=True), validate_formats=True)
PASS = Draft202012Validator(pass_body(), validate_formats=True)
BEYOND_A_SCHEMA: list[Any] = [
    {"template_id": "00000000-0000-4000-8000-000000000000"},
    {"expiration_date": "0001-01-01T00:00:00+14:00"},
    {"time_zone": "Mars"},
    {"user_info": {"a": "x" * 65_536}},
]
"""A schema cannot say that something exists, or how large it is."""
LENIENT: list[Any] = ["2030-01-31 18:30"]
"""Read all the same."""


def test_toy_town() -> None:
    assert NEW.is_valid(toy_town(ID, ID))
    assert NEW.is_valid({"pass": toy_town(ID, ID)["generic"]})
    assert CHANGES.is_valid({"generic": {"background_color": "#facada"}})
    assert PASS.is_valid(johnny(ID))


@pytest.mark.parametrize(("name", "sent", "expected"), ATTRIBUTES, ids=IDS)
def test_what_is_read(name: str, sent: Any, expected: Any) -> None:
    assert CHANGES.is_valid({"generic": {name: sent}}) is (sent not in LENIENT)
    assert NEW.is_valid({"generic": {"name": "New", name: sent}}) is (sent not in LENIENT)


@pytest.mark.parametrize(("sent", "errors"), [*SHARED, *OF_CAMPAIGNS], ids=name_case)
def test_what_campaigns_refuse(sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert CHANGES.is_valid({"generic": sent}) is (sent in BEYOND_A_SCHEMA)


@pytest.mark.parametrize(("sent", "errors"), [*SHARED, *OF_PASSES], ids=name_case)
def test_what_passes_refuse(sent: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert PASS.is_valid({"pass": sent}) is (sent in BEYOND_A_SCHEMA)


@pytest.mark.parametrize(
    "body", [None, {}, [], {"pass": {}}, {"pass": []}, {"pass": None}, {"pass": {}, "push": False}]
)
def test_empty_bodies_of_passes(body: Any) -> None:
    assert PASS.is_valid(body)


@pytest.mark.parametrize("body", [None, [], {"generic": {}}, {"generic": []}, {"pass": []}])
def test_empty_updates_of_campaigns(body: Any) -> None:
    assert CHANGES.is_valid(body)


@pytest.mark.parametrize("body", [*map(json.loads, filter(bytes.strip, SAYING_NOTHING)), {"generic": {"reset": "0"}}])
def test_pushes_that_say_nothing(body: Any) -> None:
    assert PUSH.is_valid(body)


@pytest.mark.parametrize("where", [lambda said: said, lambda said: {"pass": said}, lambda said: {"generic": said}])
def test_pushes_that_say_something(where: Any) -> None:
    assert PUSH.is_valid(where({"push_message": "x" * 2_000, "reset": False}))
    for wrong in ({"push_message": "x" * 2_001}, {"push_message": ["x"]}, {"reset": "perhaps"}):
        assert not PUSH.is_valid(where(wrong))


def test_only_changes_of_state_are_refused_with_a_list() -> None:
    listed = {
        path.rpartition("/")[2]
        for path, methods in document()["paths"].items()
        for operation in methods.values()
        if any("ListedRefusal" in str(answer) for answer in operation["responses"].values())
    }
    assert listed == {"pause", "resume", "archive"}


@pytest.mark.parametrize("body", [None, [], {}, {"generic": {}}, {"generic": []}, {"generic": {"name": " "}}])
def test_a_new_campaign_has_a_name(body: Any) -> None:
    assert not NEW.is_valid(body)
