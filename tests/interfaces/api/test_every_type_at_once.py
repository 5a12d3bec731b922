"""A hundred callers at once, for every type of campaign: codes, names and the fields of one pass."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Event, Pass, Template
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.five_types import attributes_of, create, every_type, path_of
from tests.interfaces.api.test_pass_concurrency import together, values
from tests.interfaces.api.toy_town import ok, public_certificates, refused

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 100
CODES: dict[str, dict[str, Any]] = {
    "sequencial": {"barcode": {}},
    "fixed": {"barcode": {}, "code_type": "fixed", "code_fixed_value": "SAME"},
    "per_pass": {"barcode": {}, "code_type": "per_pass"},
}


@pytest.fixture
def committed(transactional_db: None) -> Api:
    public_certificates(NOW)
    return make_api("your company")


@pytest.mark.parametrize("code_type", CODES)
def test_a_hundred_passes_at_once_have_codes_without_gap_or_repetition(committed: Api, code_type: str) -> None:
    """Of one type each, so that every type of code and three types of campaign have their turn."""
    kind = TYPES[list(CODES).index(code_type)]
    path = f"{path_of(kind, create(committed, kind, **CODES[code_type]))}/passes"
    own = code_type == "per_pass"
    bodies = [{"pass": {"barcode": {"message": f"OWN-{n}"}} if own else {}} for n in range(CALLERS)]
    made = [ok(answer, 201) for answer in together(partial(committed.post, path, body) for body in bodies)]
    expected = [f"OWN-{n}" for n in range(CALLERS)] if own else [f"{n:07d}" for n in range(1, CALLERS + 1)]
    assert sorted(row["redeem_code"] for row in made) == sorted(expected)
    shown = {row["barcode"]["message"] for row in made}
    assert shown == ({"SAME"} if code_type == "fixed" else set(expected))
    assert len({row["serial_number"] for row in made}) == len({row["id"] for row in made}) == CALLERS
    assert Event.objects.filter(kind=Event.Kind.CREATED).count() == Pass.objects.count() == CALLERS
    listed = [row for page in (1, 2) for row in ok(committed.get(f"{path}?per_page=50&page={page}"))]
    assert sorted(row["id"] for row in listed) == sorted(row["id"] for row in made)


def test_a_hundred_passes_with_the_same_code_of_their_own(committed: Api) -> None:
    kind = TYPES[-1]
    path = f"{path_of(kind, create(committed, kind, **CODES['per_pass']))}/passes"
    body = {"pass": {"barcode": {"message": "ONE"}}}
    answers = together([partial(committed.post, path, body)] * 20)
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 19
    assert Pass.objects.count() == 1


@every_type
def test_one_name_at_once(committed: Api, kind: CampaignType) -> None:
    attributes = attributes_of(committed, kind, name=str(uuid4()))
    post = partial(committed.post, f"/v2/{kind.segment}", {kind.root: attributes})
    answers = sorted(together([post] * 4), key=lambda answer: answer.status_code)
    ok(answers[0], 201)
    for answer in answers[1:]:
        assert refused(answer, 422) == {"name": ["has already been taken"]}
    assert Campaign.objects.count() == Template.objects.count() == 1


def test_one_name_at_once_in_every_type(committed: Api) -> None:
    """Names are taken within a type; their templates have to find free names."""
    calls = [
        partial(committed.post, f"/v2/{kind.segment}", {kind.root: attributes_of(committed, kind, name="Once")})
        for kind in TYPES
    ]
    made = [ok(answer, 201) for answer in together(calls)]
    assert len({row["template_id"] for row in made}) == len(TYPES)
    assert len(set(Template.objects.values_list("name", flat=True))) == len(TYPES)


@every_type
def test_twenty_changes_of_twenty_fields_of_one_pass(committed: Api, kind: CampaignType) -> None:
    keys = [f"k{number}" for number in range(20)]
    path = path_of(kind, create(committed, kind, back_fields=[{"key": key, "value": "-"} for key in keys]))
    one = f"{path}/passes/{ok(committed.post(f'{path}/passes'), 201)['id']}"
    bodies = [{"pass": {"back_fields": [{"key": key, "value": key * 2}]}} for key in keys]
    for answer in together(partial(committed.patch, one, body) for body in bodies):
        ok(answer)
    assert values(ok(committed.get(one))) == {key: key * 2 for key in keys}
    assert Pass.objects.get().version == 21


@every_type
def test_twenty_changes_of_twenty_fields_of_one_campaign(committed: Api, kind: CampaignType) -> None:
    keys = [f"k{number}" for number in range(20)]
    path = path_of(kind, create(committed, kind, back_fields=[{"key": key, "value": "-"} for key in keys]))
    bodies = [{kind.root: {"back_fields": [{"key": key, "value": key * 2}]}} for key in keys]
    for answer in together(partial(committed.patch, path, body) for body in bodies):
        ok(answer)
    assert values(ok(committed.get(path))) == {key: key * 2 for key in keys}
    assert Campaign.objects.get().epoch == 21
