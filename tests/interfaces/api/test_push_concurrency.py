"""Merges, pushes and changes of state at the same time as everything else, against committed rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse

from passwright.data.models import Campaign, CampaignRevision, Event, Pass, Tally
from passwright.queries.campaigns import marks_of
from tests.interfaces.api.conftest import NOW, Api, make_api
from tests.interfaces.api.test_pass_concurrency import together, values
from tests.interfaces.api.toy_town import ok, public_certificates

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db: None) -> Api:
    public_certificates(NOW)
    return make_api("your company")


@pytest.fixture
def path(committed: Api) -> str:
    fields = [{"key": "a", "value": "1"}, {"key": "b", "value": "2", "behaviour": "dynamic"}]
    body = {"generic": {"name": "Busy", "icon_id": committed.upload("icon"), "back_fields": fields}}
    return f"/v2/generics/{ok(committed.post('/v2/generics', body), 201)['id']}"


def made(committed: Api, path: str) -> str:
    return f"{path}/passes/{ok(committed.post(f'{path}/passes'), 201)['id']}"


def says(root: str, **fields: str) -> dict[str, Any]:
    return {root: {"back_fields": [{"key": key, "value": value} for key, value in fields.items()]}}


def counted(*kinds: str) -> int:
    return Event.objects.filter(kind__in=kinds).count()


def test_two_merges_at_once_are_two_merges(committed: Api, path: str) -> None:
    made(committed, path)
    for answer in together([partial(committed.post, f"{path}/merge", {"push_message": "Sale!"})] * 2):
        assert ok(answer) == {"message": "Started merging 1 passes for campaign 'Busy'."}
    row = Campaign.objects.get()
    assert (row.epoch, row.version, marks_of(row).merge, row.push_message_epoch) == (3, 3, 3, 3)
    assert row.push_message == "Sale!\u200b"
    assert counted("campaign_merged") == 2


def test_a_merge_beside_an_update_of_a_pass(committed: Api, path: str) -> None:
    """What is fixed is the campaign's or, if the update came after the merge, the pass's. What is dynamic is kept."""
    for turn in range(6):
        one = made(committed, path)
        calls = [
            partial(committed.patch, one, says("pass", a="own", b=f"kept {turn}")),
            partial(committed.post, f"{path}/merge"),
        ]
        for answer in together(calls):
            ok(answer)
        shown = values(ok(committed.get(one)))
        assert shown["b"] == f"kept {turn}"
        assert shown["a"] in {"1", "own"}
        ok(committed.post(f"{path}/merge"))
        assert values(ok(committed.get(one))) == {"a": "1", "b": f"kept {turn}"}


def test_a_merge_beside_issuing(committed: Api, path: str) -> None:
    made(committed, path)
    ok(committed.patch(path, says("generic", a="new")))
    calls = [*[partial(committed.post, f"{path}/passes", says("pass", b="own"))] * 8]
    answers = together([*calls, *[partial(committed.post, f"{path}/merge")] * 3])
    for answer in answers[:8]:
        shown = ok(answer, 201)
        assert values(shown) == {"a": "new", "b": "own"}
        assert values(ok(committed.get(f"{path}/passes/{shown['id']}"))) == {"a": "new", "b": "own"}
    merged = [int(ok(answer)["message"].split()[2]) for answer in answers[8:]]
    assert all(1 <= number <= 9 for number in merged)
    row = Campaign.objects.get()
    assert (row.pass_count, row.version, row.epoch) == (9, 4, 5)


def test_a_push_beside_an_update_of_the_campaign(committed: Api, path: str) -> None:
    """The push resets to what the campaign said before the update or after it, never to half of it."""
    for turn in range(6):
        one = made(committed, path)
        ok(committed.patch(one, says("pass", a="own", b="own")))
        ok(committed.patch(path, says("generic", a=f"x{turn}", b=f"x{turn}")))
        answers = together(
            [
                partial(committed.post, f"{path}/push"),
                partial(committed.patch, path, says("generic", a=f"y{turn}", b=f"y{turn}")),
            ]
        )
        for answer in answers:
            ok(answer)
        shown = values(ok(committed.get(one)))
        assert shown in ({"a": f"x{turn}", "b": f"x{turn}"}, {"a": f"y{turn}", "b": f"y{turn}"})
        ok(committed.post(f"{path}/push"))
        assert values(ok(committed.get(one))) == {"a": f"y{turn}", "b": f"y{turn}"}
    for _ in range(50):
        if committed.post(f"{path}/undo_reset").status_code == 412:
            break
    assert values(ok(committed.get(one))) == {"a": "own", "b": "own"}


def test_of_two_changes_of_state_one_wins(committed: Api, path: str) -> None:
    for event, other in (("pause", "pause"), ("resume", "resume"), ("archive", "pause")):
        answers = together([partial(committed.post, f"{path}/{event}"), partial(committed.post, f"{path}/{other}")])
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200, 412] or (event, statuses) == ("archive", [200, 200])  # paused, and archived then
        for answer in answers:
            if answer.status_code == 412:
                assert isinstance(json.loads(answer.content)["errors"], list)
    row = Campaign.objects.get()
    assert row.state == row.distributions.get().state == "archived"
    changes = counted("campaign_paused", "campaign_resumed", "campaign_archived")
    assert changes == Tally.objects.filter(counter="distribution_updates").count()


def test_passes_are_told_while_all_are_told(committed: Api, path: str) -> None:
    """Whoever came last is heard; nobody's words are mixed up."""
    one = made(committed, path)
    calls = [
        *[partial(committed.post, f"{one}/push", {"push_message": "You"})] * 4,
        *[partial(committed.post, f"{path}/push", {"push_message": "All"})] * 4,
    ]
    for answer in together(calls):
        ok(answer)
    row = Pass.objects.get()
    assert (row.version, counted("pushed"), counted("campaign_pushed")) == (5, 4, 4)
    assert row.overrides is not None
    assert row.overrides["message"]["text"].rstrip("\u200b") == "You"
    assert Campaign.objects.get().push_message.rstrip("\u200b") == "All"


def test_twenty_at_once_of_everything(committed: Api, path: str) -> None:
    passes = [made(committed, path) for _ in range(3)]
    calls: list[Callable[[], HttpResponse]] = [
        *[partial(committed.post, f"{path}/merge", {"push_message": "Merged"})] * 3,
        *[partial(committed.post, f"{path}/push", {"push_message": "Pushed"})] * 3,
        *[partial(committed.post, f"{path}/undo_reset")] * 2,
        *[partial(committed.patch, path, says("generic", a=f"c{turn}", b=f"c{turn}")) for turn in range(3)],
        *[partial(committed.patch, one, says("pass", a="own", b="own")) for one in passes],
        *[partial(committed.post, f"{one}/push", {"push_message": "You"}) for one in passes[:2]],
        *[partial(committed.post, f"{path}/passes")] * 2,
        *[partial(committed.post, f"{path}/pause"), partial(committed.post, f"{path}/resume")],
    ]
    assert len(calls) == 20
    for _ in range(3):
        answers = together(calls)
        assert {answer.status_code for answer in answers} <= {200, 201, 412}
        assert all(answer.status_code == 200 for answer in answers[:6])
        check_consistent()
    ok(committed.post(f"{path}/merge"))
    level = values(ok(committed.get(path)))["a"]
    assert {values(shown)["a"] for shown in ok(committed.get(f"{path}/passes"))} == {level}


def check_consistent() -> None:
    """The counters are those of what happened."""
    row, kinds = Campaign.objects.get(), Counter(Event.objects.values_list("kind", flat=True))
    updates = kinds["campaign_updated"]
    assert CampaignRevision.objects.count() == 1 + updates
    assert row.epoch == 1 + updates + kinds["campaign_merged"] + kinds["campaign_pushed"]
    assert row.version == 1 + kinds["campaign_merged"] + kinds["campaign_pushed"] + kinds["campaign_reset_undone"]
    assert row.pass_count == Pass.objects.count() == kinds["created"]
    marks = marks_of(row)
    epochs = [marks.merge, *(reset.epoch for reset in marks.resets)]
    assert all(epoch <= row.epoch for epoch in epochs)
    assert [reset.before for reset in marks.resets] == sorted({reset.before for reset in marks.resets})
    own = Counter(Event.objects.filter(kind__in=["updated", "pushed"]).values_list("pass_id", flat=True))
    begun = [version - own[pass_id] for pass_id, version in Pass.objects.values_list("id", "version")]
    assert all(2 - row.version <= first <= 1 for first in begun)  # at the campaign's version when it was made
