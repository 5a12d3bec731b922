"""Whatever is sent to redeem, push, merge, submit, import or manage: an answer of the contract, and all of it or
nothing is written.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passwright.data.models import BulkChunk, BulkImport, Campaign, Event, Organization, Pass, Redeem, Tally
from passwright.interfaces import jobs
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.test_hostile_requests import TEXTS, VALUES, well_behaved
from tests.interfaces.api.test_pass_nested_payloads import BARCODE, BEACON, FIELD, PASS, PLACE
from tests.interfaces.api.toy_town import ok

pytestmark = pytest.mark.usefixtures("certificates")

FREELY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TABLES = (BulkChunk, BulkImport, Event, Organization, Pass, Redeem, Tally)

ROOTS = st.sampled_from(["pass", "generic", "coupon", "organization", "x"])
CODES = st.sampled_from(["0000001", "1", 1, 1.0, " 2 ", "0002", "mine", "fixed", "", True, "9" * 30])
WORDS = {
    "redeem_code": CODES,
    "comment": TEXTS,
    "push_message": TEXTS | st.sampled_from(["Hello!", "\u200b"]),
    "reset": st.sampled_from([True, False, "false", 0, "no"]),
}


def bodies(words: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """What the route knows, right, nearly right and wrong, bare and under roots; and anything else."""
    known = st.fixed_dictionaries({}, optional={name: value | VALUES for name, value in words.items()})
    right = st.fixed_dictionaries({}, optional=dict(words))
    rooted = st.dictionaries(ROOTS, known | right | VALUES, max_size=2)
    return right | known | rooted | st.builds(lambda one, other: {**one, **other}, rooted, known) | VALUES


class Town:
    """A campaign with two passes, one of which shows a code of its own, and everything that is kept of it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        body = {
            "name": str(uuid4()),
            "icon_id": api.upload("icon"),
            "allow_multiple_redeems": True,
            "back_fields": [{"key": "a", "value": "1"}, {"key": "Member", "behaviour": "dynamic"}],
        }
        self.campaign_id = ok(api.post("/v2/generics", {"generic": body}), 201)["id"]
        self.path = f"/v2/generics/{self.campaign_id}"
        own = [{}, {"barcode": {"message": "mine"}}]
        self.passes = [ok(api.post(f"{self.path}/passes", {"pass": each}), 201)["id"] for each in own]

    def counts(self) -> dict[str, int]:
        return {table.__name__: table._default_manager.count() for table in TABLES}

    def rows(self) -> list[Any]:
        return [*Campaign.objects.order_by("id").values(), *Pass.objects.order_by("id").values(), *self.organizations()]

    def organizations(self) -> list[Any]:
        """Without the hour's usage, which every request moves."""
        return list(Organization.objects.order_by("id").values())

    def written(self, method: str, path: str, body: Any) -> tuple[HttpResponse, dict[str, int]]:
        """The answer and how many rows it added. A refusal leaves everything as it was."""
        counts, rows = self.counts(), self.rows()
        answer = self.api.request(method, path, body)
        well_behaved(answer)
        after = self.counts()
        if answer.status_code >= 400:
            assert (after, self.rows()) == (counts, rows)
        return answer, {name: after[name] - counts[name] for name in counts if after[name] != counts[name]}


@pytest.fixture
def town(api: Api) -> Town:
    return Town(api)


@FREELY
@given(body=bodies(WORDS), by_code=st.booleans())
def test_a_redeem_is_whole_or_not_at_all(town: Town, body: Any, by_code: bool) -> None:
    path = f"{town.path}/redeem" if by_code else f"{town.path}/passes/{town.passes[0]}/redeem"
    before = Campaign.objects.get(id=town.campaign_id).redeem_count
    answer, added = town.written("POST", path, body)
    used = answer.status_code == 200
    assert answer.status_code in ({200, 400, 404, 412, 422} if by_code else {200, 400, 422})
    assert added == ({"Event": 1, "Redeem": 1, "Tally": 1} if used else {})
    assert Campaign.objects.get(id=town.campaign_id).redeem_count == before + used


@FREELY
@given(body=bodies(WORDS), action=st.sampled_from(["push", "merge", "one"]))
def test_a_push_is_whole_or_not_at_all(town: Town, body: Any, action: str) -> None:
    path = f"{town.path}/passes/{town.passes[0]}/push" if action == "one" else f"{town.path}/{action}"
    answer, added = town.written("POST", path, body)
    assert answer.status_code in {200, 400, 422}
    assert added == ({"Event": 1} if answer.status_code == 200 else {})


@FREELY
@given(body=bodies(WORDS), action=st.sampled_from(["reset_redeem", "undo_reset", "pause", "resume", "archive"]))
def test_bodies_that_are_not_read(town: Town, body: Any, action: str) -> None:
    path = f"{town.path}/passes/{town.passes[0]}/{action}" if action == "reset_redeem" else f"{town.path}/{action}"
    before = town.rows()
    answer = town.api.request("POST", path, body)
    assert answer.status_code in {200, 412}
    assert (town.rows() == before) == (answer.status_code == 412 or action == "reset_redeem")


ANSWERS = {
    "Member": VALUES,
    "a": VALUES,
    "locations": st.lists(PLACE, max_size=2),
    "beacons": st.lists(BEACON, max_size=2),
    "barcode": BARCODE,
    "barcodes": st.lists(BARCODE, max_size=2),
}


@FREELY
@given(body=bodies(ANSWERS))
def test_a_form_makes_one_pass_or_none(town: Town, body: Any) -> None:
    answer, added = town.written("POST", f"/v2/remote_forms/{town.campaign_id}/submit", body)
    assert answer.status_code in {201, 400, 422}
    assert added == ({"Event": 1, "Pass": 1, "Tally": 1} if answer.status_code == 201 else {})


ROWS = st.lists(PASS | PASS.map(lambda row: {"pass": row}) | FIELD | VALUES, max_size=6)


@FREELY
@given(rows=ROWS, lines=st.booleans(), v1=st.booleans())
def test_every_row_of_an_import_becomes_a_pass_or_an_error(town: Town, rows: list[Any], lines: bool, v1: bool) -> None:
    path = f"{town.path}/passes/bulk".replace("/v2/", "/v1/" if v1 else "/v2/")
    counts = town.counts()
    lines = lines and not (rows and isinstance(rows[0], list))  # what begins with a bracket is an array
    text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
    answer = town.api.raw("POST", path, text.encode())
    well_behaved(answer)
    if answer.status_code != 202:
        assert (answer.status_code, rows, town.counts()) == (422, [], counts)
        return
    made = answer.json()
    jobs.import_rows(made["id"])
    done = ok(town.api.get(f"{path}/{made['id']}"))
    assert (done["state"], done["rows"], done["succeeded"] + done["failed"]) == ("done", len(rows), len(rows))
    added = {name: count - counts[name] for name, count in town.counts().items()}
    assert (added["Pass"], added["Event"]) == (done["succeeded"], done["succeeded"])
    results = [json.loads(line) for line in town.api.get(f"{path}/{made['id']}/result").content.splitlines()]
    assert [each["row"] for each in results] == list(range(1, len(rows) + 1))
    assert sum("errors" in each for each in results) == done["failed"]


NAMED = {"name": TEXTS, "webhook_url": st.sampled_from(["https://ü.example/", "http://a", "ftp://a", "", None])}


@FREELY
@given(body=bodies(NAMED))
def test_an_organization_is_made_or_changed_whole_or_not_at_all(town: Town, body: Any) -> None:
    Organization.objects.filter(id=town.api.organization.id).update(children_allowed=1_000)
    answer, added = town.written("POST", "/v2/organizations", body)
    assert answer.status_code in {201, 400, 422}
    assert added == ({"Organization": 1} if answer.status_code == 201 else {})
    changed, added = town.written("PATCH", f"/v2/organizations/{town.api.organization.id}", body)
    assert (changed.status_code in {200, 400, 422}, added) == (True, {})
