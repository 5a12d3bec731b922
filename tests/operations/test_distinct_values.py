"""Of a value of which a campaign wants no second there is no second, however many ask for it at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from passwright.data.models import BulkChunk, BulkImport, Campaign, DistinctValue, Organization, Pass, Store
from passwright.operations import change_by_holder as changing
from passwright.operations import import_passes as importing
from passwright.operations.delete_by_holder import delete_by_holder
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.delete_pass import delete_pass
from passwright.operations.held_pass import May, held_pass
from passwright.operations.import_passes import import_passes
from passwright.operations.pass_content import Who
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.refusals import PreconditionFailed, ValidationFailed, WrongValues
from passwright.operations.reset_redeem import reset_redeem
from passwright.operations.start_bulk_import import start_bulk_import
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from passwright.payloads.pass_rows import PassRows
from passwright.queries.bulk_imports import results_of
from passwright.queries.passes import content_of
from tests.operations.toys import LATER, NOW, change, issue, named, patch, push, sent, toy_maker, toy_town, undo, values

TAKEN = "has already been taken in this campaign"


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


def distinct(key: str, data_type: DataType = DataType.TEXT, **parts: Any) -> SentField:
    return sent(key, Position.BACK, data_type=data_type, behaviour=Behaviour.DYNAMIC, distinct=True, **parts)


def campaign(organization: Organization, *fields: SentField, **parts: Any) -> Campaign:
    return toy_town(organization, fields=fields, name=str(uuid4()), **parts)


def taken(call: Callable[..., Any], *args: Any, **wanted: Any) -> list[str]:
    """Which keys another pass has."""
    before = Pass.objects.count(), DistinctValue.objects.count()
    with pytest.raises(WrongValues) as refusal:
        call(*args, **wanted)
    assert (Pass.objects.count(), DistinctValue.objects.count()) == before
    assert {str(fault) for faults in refusal.value.faults.values() for fault in faults} == {TAKEN}
    return list(refusal.value.errors)


def test_no_second_pass_says_the_same(organization: Organization) -> None:
    of = campaign(organization, distinct("mail", DataType.EMAIL), distinct("nick"), distinct("tel", DataType.PHONE))
    first = issue(of, values={"mail": "ada@example.com", "nick": "Ada", "tel": "+33 4 72 00 10 20"})
    assert taken(issue, of, values={"mail": "ADA@Example.com", "nick": " ada ", "tel": "+33-472001020"}) == [
        "values.mail",
        "values.nick",
        "values.tel",
    ]
    assert taken(issue, of, fields=(sent("nick", Position.BACK, value="ADA"),)) == ["back_fields.nick"]
    said = {"mail": "b@example.com", "nick": "ADA", "tel": "+33472001021"}
    assert taken(issue, of, values=said, who=Who.HOLDER) == ["values.nick"]
    second = issue(of, values={"nick": "Bob"})
    for _ in range(2):
        issue(of, values={"nick": " "})
    assert taken(patch, of, second, values={"nick": "Ada"}) == ["values.nick"]
    assert values(content_of(of, Pass.objects.get(id=second.id)))["nick"] == "Bob"
    patch(of, first, values={"nick": "aDa"})
    patch(of, first, values={"nick": "Eve"})
    patch(of, second, values={"nick": "Ada"})
    issue(campaign(organization, distinct("nick")), values={"nick": "Ada"})


def test_a_value_is_free_when_it_is_given_up(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"))
    row = issue(of, values={"nick": "Ada"})
    patch(of, row, values={"nick": None})
    row = issue(of, values={"nick": "Ada"})
    delete_pass(campaign=of, pass_id=row.id, now=LATER)
    assert not DistinctValue.objects.exists()
    issue(of, values={"nick": "Ada"})


def test_a_pass_that_its_holder_deleted_gives_its_value_up(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"), allow_delete=True)
    voided = issue(of, values={"nick": "Bob"})
    patch(of, voided, voided=True)
    assert taken(issue, of, values={"nick": "Bob"}) == ["values.nick"]
    row = issue(of, values={"nick": "Ada"})
    delete_by_holder(opened_by=row.id, now=LATER)
    patch(of, row, values={"nick": "Eve"})
    patch(of, row, values={"nick": "Ada"})
    other = issue(of, values={"nick": "Ada"})
    assert taken(patch, of, row, voided=False) == ["back_fields.nick"]
    with pytest.raises(PreconditionFailed, match="nick"):
        reset_redeem(campaign=of, pass_id=row.id, now=LATER)
    patch(of, other, values={"nick": None})
    assert not reset_redeem(campaign=of, pass_id=row.id, now=LATER).given_up
    assert taken(issue, of, values={"nick": "Ada"}) == ["values.nick"]
    patch(of, row, voided=True)
    assert taken(issue, of, values={"nick": "Ada"}) == ["values.nick"], "it is staff who voided it now"


def test_passes_that_their_holders_deleted_keep_no_field_from_becoming_distinct(organization: Organization) -> None:
    of = campaign(organization, sent("n", Position.BACK, behaviour=Behaviour.DYNAMIC), allow_delete=True)
    gone, other = issue(of, values={"n": "a"}), issue(of, values={"n": "a"})
    delete_by_holder(opened_by=gone.id, now=LATER)
    of = change(of, fields=(sent("n", Position.BACK, distinct=True),))
    assert DistinctValue.objects.get().holder_id == other.id
    assert taken(patch, of, gone, voided=False) == ["back_fields.n"]
    patch(of, gone, voided=False, values={"n": "b"})
    assert taken(issue, of, values={"n": "b"}) == ["values.n"]


def test_what_links_keep_of_a_pass_stays_when_it_changes(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"))
    row = issue(of, values={"nick": "Ada"})
    DistinctValue.objects.create(campaign=of, key="made by: form", digest=b"x" * 32, holder=row)
    patch(of, row, values={"nick": "Eve"})
    assert sorted(DistinctValue.objects.values_list("key", flat=True)) == ["made by: form", "nick"]


def test_masked_values_still_count(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"))
    row = issue(of, values={"nick": "Ada"})
    push(change(of, description="newer"))
    of = Campaign.objects.get()
    assert values(content_of(of, Pass.objects.get()))["nick"] is None
    assert taken(issue, of, values={"nick": "Ada"}) == ["values.nick"]
    undo(of)
    assert values(content_of(Campaign.objects.get(), Pass.objects.get(id=row.id)))["nick"] == "Ada"


def test_a_generated_value_that_is_taken_is_drawn_again(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter("AAAA" "AAAA" "AAAA" "CCCC")  # fmt: skip
    monkeypatch.setattr("passwright.operations.pass_values.secrets.choice", lambda signs: next(drawn))
    of = campaign(organization, distinct("code", generated=True, format="4"))
    issue(of)
    row = issue(of)
    assert values(content_of(of, row))["code"] == "CCCC"
    assert Campaign.objects.get().next_code == 3
    assert taken(issue, of, values={"code": "aaaa"}) == ["values.code"]
    monkeypatch.setattr("passwright.operations.pass_values.secrets.choice", lambda signs: "A")
    assert taken(issue, of) == ["back_fields.code"]


# Switched on, switched off.


def test_a_field_becomes_distinct_if_no_two_passes_share_a_value(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"), sent("n", Position.BACK, behaviour=Behaviour.DYNAMIC))
    rows = [issue(of, values={"n": text}) for text in ("a", "A ", "b", "a", " ", "c")]
    with pytest.raises(ValidationFailed) as refusal:
        change(of, fields=(sent("n", Position.BACK, distinct=True),))
    assert refusal.value.errors == {
        "back_fields": ["can't make n distinct: 2 passes have a value that another pass has already"]
    }
    assert not DistinctValue.objects.exists()
    for row, text in zip(rows[1:4:2], ("d", "e"), strict=True):
        patch(of, row, values={"n": text})
    of = change(of, fields=(sent("n", Position.BACK, distinct=True),))
    assert DistinctValue.objects.count() == 5
    assert taken(issue, of, values={"n": "E"}) == ["values.n"]
    assert taken(patch, of, rows[0], values={"n": "b"}) == ["values.n"]  # which shows the revision before
    of = change(of, fields=(sent("n", Position.BACK, distinct=False),))
    assert not DistinctValue.objects.exists()
    issue(of, values={"n": "E"})


def test_rows_go_with_their_field(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"), distinct("other"))
    issue(of, values={"nick": "Ada", "other": "x"})
    change(of, fields=(sent("nick", Position.BACK, destroy=True),))
    assert [row.key for row in DistinctValue.objects.all()] == ["other"]


def test_a_campaign_with_distinct_values_and_stores_can_be_purged(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"))
    issue(of, values={"nick": "Ada"})
    Store.objects.create(campaign=of, name="Shop", latitude=1, longitude=2)
    delete_campaign(**named(of, LATER))
    purge_campaign(campaign_id=of.id)
    assert not Campaign.objects.exists()
    assert not DistinctValue.objects.exists()
    assert not Store.objects.exists()


# At once.


def at_once(calls: list[Callable[[], Any]], threads: int = 20) -> list[Any]:
    """What each gave, or how it was refused."""

    def own(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ValidationFailed as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(own, calls))


@pytest.mark.django_db(transaction=True)
def test_a_hundred_who_want_the_same_value_get_one_pass() -> None:
    of = campaign(toy_maker(), distinct("mail", DataType.EMAIL), distinct("nick"))
    said = {"mail": "ada@example.com", "nick": "Ada"}
    came = at_once([lambda: issue(of, values=said)] * 100)
    assert sum(isinstance(one, Pass) for one in came) == 1
    assert all(
        one.errors == {"values.mail": [TAKEN], "values.nick": [TAKEN]} for one in came if isinstance(one, WrongValues)
    )
    assert Pass.objects.count() == 1
    assert Campaign.objects.get().next_code == 2
    assert DistinctValue.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_passes_that_want_each_others_values_wait_in_one_line() -> None:
    of = campaign(toy_maker(), distinct("a"), distinct("b"))
    rows = [issue(of, values={"a": f"a{number}", "b": f"b{number}"}) for number in range(6)]
    wanted = [
        lambda row=row, number=number: patch(of, row, values={"a": f"a{number % 6}", "b": f"b{(number * 5) % 6}"})
        for number in range(40)
        for row in [rows[(number * 7) % 6]]
    ]
    came = at_once(wanted, threads=8)
    assert all(isinstance(one, Pass | WrongValues) for one in came)
    kept = {(field["key"], field["value"]) for row in Pass.objects.all() for field in row.overrides["fields"]}
    assert len(kept) == 12
    assert DistinctValue.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_a_field_becomes_distinct_while_passes_are_made_and_changed() -> None:
    of = campaign(toy_maker(), sent("n", Position.BACK, behaviour=Behaviour.DYNAMIC))
    rows = [issue(of, values={"n": f"v{number}"}) for number in range(4)]

    def make(number: int) -> Pass:
        return issue(Campaign.objects.get(), values={"n": f"w{number % 7}"})

    def move(number: int) -> Pass:
        return patch(Campaign.objects.get(), rows[number % 4], values={"n": f"w{number % 5}"})

    calls: list[Callable[[], Any]] = []
    for number in range(30):
        calls += [lambda number=number: make(number), lambda number=number: move(number)]
    calls[3:3] = [lambda: change(of, fields=(sent("n", Position.BACK, distinct=True),))]
    came = at_once(calls, threads=8)
    if not isinstance(came[3], Campaign):
        assert "another pass has already" in str(came[3])
        return
    said = [row.overrides["fields"][0]["value"] for row in Pass.objects.exclude(overrides=None)]
    assert len(set(said)) == len(said) == DistinctValue.objects.count()


@pytest.mark.django_db(transaction=True)
def test_no_field_becomes_distinct_while_a_holder_changes_his_pass() -> None:
    of = campaign(toy_maker(), sent("n", Position.BACK, behaviour=Behaviour.DYNAMIC), allow_update=True)
    row = issue(of)

    def becomes_distinct() -> None:
        change(of, fields=(sent("n", Position.BACK, distinct=True),))
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held_pass(row.id, May.UPDATE, NOW)
            changed = pool.submit(becomes_distinct)
            with pytest.raises(TimeoutError):
                changed.result(0.5)
        changed.result(30)


# Imports.


def imported(of: Campaign, *said: dict[str, Any]) -> list[dict[str, list[str]] | None]:
    """What was wrong with each row; None of those that became passes."""
    return imported_rows(of, *({"values": values} for values in said))


def imported_rows(of: Campaign, *sent: dict[str, Any]) -> list[dict[str, list[str]] | None]:
    rows = [json.dumps(row).encode() for row in sent]
    made = start_bulk_import(campaign=of, rows=rows, version="v2", now=NOW)
    import_passes(bulk_import_id=made.id, reader=PassRows, clock=lambda: datetime.now(UTC))
    assert BulkImport.objects.get(id=made.id).state == "done"
    chunks = BulkChunk.objects.filter(bulk_import=made).order_by("number")
    return [result.errors or None for chunk in chunks for result in results_of(chunk)]


def test_rows_are_compared_with_passes_and_with_each_other(organization: Organization) -> None:
    of = campaign(
        organization, distinct("nick"), sent("must", Position.BACK, required=True, behaviour=Behaviour.DYNAMIC)
    )
    issue(of, values={"nick": "Ada", "must": "x"})
    wrong = {"values.nick": [TAKEN]}
    assert imported(
        of,
        {"nick": "ADA", "must": "x"},
        {"nick": "Bob", "must": "x"},
        {"nick": "Bob ", "must": "x"},
        {"nick": "", "must": "x"},
        {"nick": "Eve"},
        {"nik": "Eve", "must": "x"},
        {"nick": "Eve", "must": "x"},
    ) == [
        wrong,
        None,
        wrong,
        None,
        {"values.must": ["The answer is missing. Fill it in."]},
        {"values.nik": ["is not a field of this campaign. Did you mean “nick”?"]},
        None,
    ]
    assert Pass.objects.count() == 4
    assert DistinctValue.objects.count() == 3
    assert taken(issue, of, values={"nick": "Eve", "must": "x"}) == ["values.nick"]


def test_a_row_that_becomes_no_pass_takes_no_value_from_the_next(organization: Organization) -> None:
    of = campaign(organization, distinct("nick"))
    issue(of, external_id="1")
    assert imported_rows(
        of,
        {"external_id": "2", "values": {"nick": "Bob"}},
        {"external_id": "2", "values": {"nick": "Ada"}},
        {"external_id": "3", "values": {"nick": "bob"}},
        {"external_id": "3", "values": {"nick": "Ada"}},
        {"external_id": "1", "values": {"nick": "Eve"}},
        {"external_id": "4", "values": {"nick": "Eve"}},
    ) == [None, {"external_id": [TAKEN]}, {"values.nick": [TAKEN]}, None, {"external_id": [TAKEN]}, None]


def test_generated_values_of_rows_are_drawn_again_too(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = campaign(organization, distinct("code", generated=True, format="4"))
    drawn = iter("AAAA" "AAAA" "CCCC" "AAAA" "DDDD")  # fmt: skip
    monkeypatch.setattr("passwright.operations.pass_values.secrets.choice", lambda signs: next(drawn))
    assert imported(of, {}, {}, {}) == [None, None, None]
    codes = [values(content_of(of, row))["code"] for row in Pass.objects.order_by("redeem_code")]
    assert sorted(map(str, codes)) == ["AAAA", "CCCC", "DDDD"]


@pytest.mark.django_db(transaction=True)
def test_a_value_that_is_taken_while_rows_are_written_is_not_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    of = campaign(toy_maker(), distinct("nick"))
    row = issue(of, values={"nick": "Ada"})
    look, looked = importing.taken_values, []

    def looks(campaign_id: Any, wanted: Any) -> set[tuple[str, bytes]]:
        there = look(campaign_id, wanted)
        if not looked:
            looked.append(True)
            at_once([lambda: patch(of, row, values={"nick": "Bob"})], threads=1)
        return there

    monkeypatch.setattr(importing, "taken_values", looks)
    assert imported(of, {"nick": "Bob"}, {"nick": "Eve"}) == [{"values.nick": [TAKEN]}, None]
    assert DistinctValue.objects.count() == Pass.objects.count() == 2


WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.django_db(transaction=True)
def test_a_field_becomes_distinct_while_a_holder_changes_his_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    of = campaign(toy_maker(), sent("n", Position.BACK, behaviour=Behaviour.DYNAMIC))
    Campaign.objects.update(allow_update=True)
    issue(of, values={"n": "x"})
    his = issue(of)
    change_it = changing.updated_pass

    def while_it_becomes_distinct(*asked: Any) -> Pass:
        came.append(pool.submit(own, lambda: change(of, fields=(sent("n", Position.BACK, distinct=True),))))
        with connection.cursor() as cursor:
            while not came[0].done():
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(WAITING)
                if cursor.rowcount:
                    break
        return change_it(*asked)

    def own(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connection.close()

    came: list[Any] = []
    monkeypatch.setattr(changing, "updated_pass", while_it_becomes_distinct)
    with ThreadPoolExecutor(1) as pool:
        changing.change_by_holder(opened_by=his.id, answers={"n": "x"}, now=LATER)
    assert "another pass has already" in str(came[0].exception())
    assert not DistinctValue.objects.exists()
