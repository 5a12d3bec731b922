"""A form of as many questions as somebody likes, and what it takes from whoever fills it in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from passwright.data.models import DistinctValue, Organization, Pass
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from tests import public_ground as ground
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

ASKED: dict[str, Any] = {"position": Position.BACK, "behaviour": Behaviour.DYNAMIC}


def test_five_hundred_questions(owner: Organization) -> None:
    fields = [SentField(key=f"column {number}", data_type=DataType.NUMBER, **ASKED) for number in range(500)]
    link = f"/p/{ground.link_of(ground.campaign(owner, *fields))}"
    shown = browser().get(link).content.decode()
    assert len(re.findall(r'name="field-column \d+"', shown)) == 500
    answers = {f"field-column {number}": str(number) for number in range(500)}
    wrong = browser().post(link, {**answers, "field-column 7": "seven"})
    assert wrong.status_code == 422
    assert wrong.content.decode().count('aria-invalid="true"') == 1
    assert not Pass.objects.exists()
    assert browser().post(link, answers).status_code == 303
    overrides = Pass.objects.get().overrides
    assert overrides is not None
    assert {field["key"]: field["value"] for field in overrides["fields"]} == {
        f"column {number}": str(number) for number in range(500)
    }


def test_what_stands_in_no_question_is_not_taken(owner: Organization) -> None:
    campaign = ground.campaign(
        owner,
        SentField(key="name", **ASKED),
        SentField(key="staff", admin_only=True, value="none", **ASKED),
        SentField(key="code", generated=True, **ASKED),
    )
    link = f"/p/{ground.link_of(campaign)}"
    assert "staff" not in browser().get(link).content.decode()
    browser().post(link, {"field-name": " Ada ", "field-staff": "boss", "field-code": "MINE"})
    overrides = Pass.objects.get().overrides
    assert overrides is not None
    said = {field["key"]: field["value"] for field in overrides["fields"]}
    assert said["name"] == "Ada"
    assert "staff" not in said
    assert re.fullmatch("[346789ABCDEFGHJKMNPQRTUVWXY]{10}", said["code"])


def test_a_value_that_somebody_has_is_told_at_its_question(owner: Organization) -> None:
    mail = SentField(key="mail", data_type=DataType.EMAIL, distinct=True, **ASKED)
    link = f"/p/{ground.link_of(ground.campaign(owner, mail))}"
    assert browser().post(link, {"field-mail": "ada@example.com"}).status_code == 303
    again = browser().post(link, {"field-mail": "ADA@example.com"})
    assert again.status_code == 422
    assert "Somebody has given this answer here before." in again.content.decode()
    assert 'value="ADA@example.com"' in again.content.decode()
    assert Pass.objects.count() == DistinctValue.objects.count() == 1


def test_what_no_visitor_can_give_is_not_asked_of_him(owner: Organization) -> None:
    rank = SentField(key="rank", required=True, admin_only=True, **ASKED)
    link = f"/p/{ground.link_of(ground.campaign(owner, SentField(key='name', **ASKED), rank))}"
    refusal = browser().post(link, {"field-name": "Ada"})
    assert refusal.status_code in (403, 409, 410, 412)
    assert "field-name" not in refusal.content.decode()
    assert not Pass.objects.exists()
