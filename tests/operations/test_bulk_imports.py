"""Rows become passes in the order of the codes, each once, whatever happens beside."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright.data.models import Asset, BulkChunk, BulkImport, Campaign, Event, Pass, Tally
from passwright.operations import import_passes as importing
from passwright.operations import start_bulk_import as starting
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.import_passes import import_passes
from passwright.operations.issue_pass import issue_pass
from passwright.operations.lock_organization import lock_organization
from passwright.operations.pass_content import PassWanted
from passwright.operations.plain_passes import PlainPass
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.start_bulk_import import start_bulk_import
from passwright.operations.tend_bulk_imports import tend_bulk_imports
from passwright.passes.content import Barcode, CodeType, ImageSlot, Position, Style
from passwright.payloads.pass_rows import PassRows
from passwright.queries.bulk_imports import RowResult, results_of
from passwright.queue import defer
from tests.operations.toys import NOW, change, issue, picture, sent, shown, toy_maker, toy_town


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def town(db: None) -> Campaign:
    return toy_town(toy_maker())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a chunk, two chunks a job."""
    monkeypatch.setattr(starting, "ROWS_OF_A_CHUNK", 3)
    monkeypatch.setattr(importing, "CHUNKS_AT_ONCE", 2)


def start(campaign: Campaign, rows: Sequence[dict[str, Any]]) -> BulkImport:
    encoded = [json.dumps(row).encode() for row in rows]
    return start_bulk_import(campaign=campaign, rows=encoded, version="v2", now=clock())


def work(bulk_import: BulkImport, reader: type[PassRows] = PassRows) -> BulkImport:
    """One job."""
    import_passes(bulk_import_id=bulk_import.id, reader=reader, clock=clock)
    bulk_import.refresh_from_db()
    return bulk_import


def finish(bulk_import: BulkImport) -> BulkImport:
    while bulk_import.finished_at is None:
        work(bulk_import)
    return bulk_import


def members(number: int) -> list[dict[str, Any]]:
    return [
        {"external_id": f"m-{each}", "primary_fields": [{"key": "member", "value": str(each)}]}
        for each in range(number)
    ]


def results(bulk_import: BulkImport) -> list[RowResult]:
    chunks = BulkChunk.objects.filter(bulk_import=bulk_import, result__isnull=False).order_by("number")
    return [result for chunk in chunks for result in results_of(chunk)]


def jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name="import_passes").count()


def test_everything_of_a_pass_is_there(town: Campaign, few: None) -> None:
    issue(town)
    made = finish(start(town, members(7)))
    assert (made.state, made.succeeded, made.failed, made.reason) == ("done", 7, 0, None)
    town.refresh_from_db()
    passes = list(Pass.objects.filter(campaign=town).order_by("created_at"))
    assert [row.redeem_code for row in passes] == [f"{number:07d}" for number in range(1, 9)]
    assert [row.external_id for row in passes] == [None, *(f"m-{number}" for number in range(7))]
    assert [shown(town, row)["member"] for row in passes[1:]] == [str(number) for number in range(7)]
    assert len({row.created_at for row in passes}) == 8
    assert (town.next_code, town.pass_count, town.last_issued_at) == (9, 8, passes[-1].created_at)
    assert {(row.id.version, row.serial_number.version) for row in passes} == {(4, 4)}
    events = Event.objects.filter(campaign=town, kind="created").order_by("id")
    assert [event.pass_id for event in events] == [row.id for row in passes]
    assert [event.at for event in events] == [row.created_at for row in passes]
    assert events.last().extra == {"source": "bulk", "bulk_import_id": str(made.id)}  # type: ignore[union-attr]  # there is one
    assert sorted(Tally.objects.filter(counter="creates").values_list("amount", flat=True)) == [1, 1, 3, 3]
    assert [(row.row, row.id, row.redeem_code) for row in results(made)] == [
        (number, str(row.id), row.redeem_code) for number, row in enumerate(passes[1:], start=1)
    ]


def test_a_job_does_a_part_and_leaves_the_rest_to_another(town: Campaign, few: None) -> None:
    made = start(town, members(8))
    assert jobs() == 1
    work(made)
    assert (made.state, made.succeeded, made.finished_at) == ("running", 6, None)
    assert jobs() == 2
    assert {bytes(chunk.content) for chunk in BulkChunk.objects.exclude(result=None)} == {b""}
    work(made)
    assert (made.state, made.succeeded) == ("done", 8)
    assert jobs() == 2
    work(made)
    assert Pass.objects.count() == 8


def test_names_are_given_once(town: Campaign, few: None) -> None:
    issue(town, external_id="m-4")
    rows = [*members(3), *members(6), {"primary_fields": [{"key": "member", "value": "x"}]}]
    made = finish(start(town, rows))
    assert [row.row for row in results(made) if row.errors] == [4, 5, 6, 8]
    assert list(Pass.objects.order_by("created_at").values_list("redeem_code", "external_id")) == [
        ("0000001", "m-4"),
        ("0000002", "m-0"),
        ("0000003", "m-1"),
        ("0000004", "m-2"),
        ("0000005", "m-3"),
        ("0000006", "m-5"),
        ("0000007", None),
    ]


def test_codes_that_passes_bring_are_given_once(db: None, few: None) -> None:
    town = toy_town(toy_maker(), code_type=CodeType.PER_PASS)
    issue(town, barcode=Barcode(message="there"))
    codes = ["a", "b", "a", "there", None, "c\t\\N"]
    made = finish(
        start(
            town,
            [
                {"barcode": {"message": code}, "external_id": "x"} if code == "a" else {"barcode": {"message": code}}
                for code in codes
            ],
        )
    )
    taken = ["has a message that another pass of this campaign has"]
    named = ["has already been taken in this campaign"]
    assert [row.errors or row.redeem_code for row in results(made)] == [
        "a",
        "b",
        {"external_id": named, "barcode": taken},
        {"barcode": taken},
        {"barcode": ["needs a message: every pass of this campaign brings its own code"]},
        "c\t\\N",
    ]
    assert Pass.objects.filter(redeem_code="c\t\\N", barcode_digest__isnull=False).count() == 1


def test_the_sequence_ends_where_a_pass_brought_its_code(town: Campaign, few: None) -> None:
    """As it does for single passes."""
    row = issue(town)
    Pass.objects.filter(id=row.id).update(redeem_code="0000003")
    made = finish(start(town, members(5)))
    taken = {"barcode": ["has a message that another pass of this campaign has"]}
    assert [each.errors or each.redeem_code for each in results(made)] == ["0000002", taken, taken, taken, taken]


def test_pictures_are_looked_up_together(town: Campaign, django_assert_max_num_queries: Any) -> None:
    thumbnail = picture(town.organization, ImageSlot.THUMBNAIL, "bb")
    foreign = picture(toy_maker("Elsewhere"), ImageSlot.THUMBNAIL, "cc")
    icon = Asset.objects.filter(asset_type="icon", organization=town.organization)[0].id
    made = start(town, [{"thumbnail_id": str(each)} for each in (*[thumbnail] * 30, foreign, icon)])
    with django_assert_max_num_queries(20):
        work(made)
    assert made.succeeded == 30
    assert [row.errors for row in results(made)[30:]] == [
        {"thumbnail_id": ["does not exist"]},
        {"thumbnail_id": ["is an asset of type icon, not thumbnail"]},
    ]
    assert Pass.objects.filter(overrides__images__thumbnail__image__digest="bb").count() == 30


@pytest.mark.parametrize(
    ("state", "advice"),
    [("paused", "Resume it"), ("archived", "Choose another campaign")],
)
def test_it_stops_when_the_campaign_does(town: Campaign, few: None, state: str, advice: str) -> None:
    made = work(start(town, members(9)))
    Campaign.objects.filter(id=town.id).update(state=state)
    work(made)
    assert (made.state, made.succeeded) == ("stopped", 6)
    assert made.reason == f"The campaign was {state} after row 6. {advice} and send the rows from 7 on again."
    assert made.finished_at is not None
    Campaign.objects.filter(id=town.id).update(state="published")
    work(made)
    assert Pass.objects.count() == 6


def test_it_stops_when_the_campaign_is_deleted_and_goes_with_it(town: Campaign, few: None) -> None:
    made = work(start(town, members(9)))
    delete_campaign(organization=town.organization, style=Style.GENERIC, campaign_id=town.id, now=NOW)
    work(made)
    assert (made.state, made.reason) == ("stopped", "The campaign was deleted after row 6.")
    purge_campaign(campaign_id=town.id)
    assert not BulkImport.objects.exists()
    assert not BulkChunk.objects.exists()
    import_passes(bulk_import_id=made.id, reader=PassRows, clock=clock)


def test_later_rows_follow_a_campaign_that_changes(town: Campaign, few: None) -> None:
    made = work(start(town, [{"back_fields": [{"key": "note", "value": "n"}]} for _ in range(9)]))
    changed = change(town, fields=(sent("note", Position.BACK, label="NOTE"),))
    finish(made)
    epochs = list(Pass.objects.order_by("created_at").values_list("epoch", flat=True))
    assert epochs == [town.epoch] * 6 + [changed.epoch] * 3
    assert changed.epoch > town.epoch


def test_rows_follow_what_changes_without_an_epoch_while_they_are_read(town: Campaign, few: None) -> None:
    class WhileItChanges(PassRows):
        def plain(self, row: bytes) -> PlainPass | None:
            Campaign.objects.filter(id=town.id).update(expiration_date=NOW, user_info={"of": "now"})
            return super().plain(row)

    made = work(start(town, members(4)), WhileItChanges)
    assert made.succeeded == 4
    assert set(Pass.objects.values_list("expiration_date", flat=True)) == {NOW}
    assert [row.user_info for row in Pass.objects.all()] == [{"of": "now"}] * 4


def test_it_stops_when_the_organization_is_locked(town: Campaign, few: None) -> None:
    made = work(start(town, members(9)))
    lock_organization(organization_id=town.organization_id, now=NOW)
    work(made)
    assert (made.state, made.succeeded, Pass.objects.count()) == ("stopped", 6, 6)
    assert made.reason == "The organization was locked after row 6. Once it is unlocked, send the rows from 7 on again."


@pytest.mark.parametrize("place", ["plain", "any"])
def test_a_row_at_which_our_code_fails_keeps_no_other_out(town: Campaign, few: None, place: str) -> None:
    class Broken(PassRows):
        def plain(self, row: bytes) -> PlainPass | None:
            if b"m-1" in row and place == "plain":
                raise TypeError("ours")
            return None if b"m-1" in row else super().plain(row)

        def any(self, row: bytes) -> PassWanted:
            raise TypeError("ours")

    made = work(start(town, members(3)), Broken)
    assert (made.state, made.succeeded, made.failed) == ("done", 2, 1)
    fault = {"base": ["cannot be read: the server failed. Its operator finds the reason in the log"]}
    assert [row.errors for row in results(made) if row.errors] == [fault]


def test_a_pass_that_our_code_cannot_draw_up_keeps_no_other_out(
    town: Campaign, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise TypeError("ours")

    monkeypatch.setattr(importing, "new_overrides", fails)
    made = work(start(town, [*members(2), {"max_distance": 7}]))
    assert (made.state, made.succeeded, made.failed) == ("done", 2, 1)


def test_of_a_row_with_many_faults_a_few_are_named(town: Campaign, few: None) -> None:
    made = work(start(town, [{"primary_fields": [{} for _ in range(100)]}]))
    errors = results(made)[0].errors
    assert isinstance(errors, dict)
    assert list(errors) == [*(f"primary_fields[{number}].key" for number in range(20)), "base"]
    assert errors["base"] == ["has 80 more attributes that are wrong"]


def test_other_jobs_go_before_those_of_imports(town: Campaign, few: None) -> None:
    work(start(town, members(8)))
    defer("purge_campaign", campaign_id=str(town.id))
    first = ProcrastinateJob.objects.order_by("-priority", "id").values_list("task_name", flat=True)
    assert list(first) == ["purge_campaign", "import_passes", "import_passes"]


def test_long_lines_go_to_the_database_a_few_at_a_time() -> None:
    sizes = [len(block) for block in importing.blocks(["x" * 65_536] * 100)]
    assert (max(sizes), sum(sizes)) == (importing.AT_ONCE, 100 * 65_536)
    assert [*importing.blocks(["a", "b"])] == ["ab"]
    assert [*importing.blocks([])] == []


def test_a_left_import_is_gone_on_with(town: Campaign) -> None:
    made = start(town, members(2))
    ProcrastinateJob.objects.all().delete()
    tend_bulk_imports(now=clock())
    assert jobs() == 0
    for _ in range(2):
        tend_bulk_imports(now=clock() + timedelta(hours=2))
    assert jobs() == 1
    assert finish(made).succeeded == 2


def test_rows_are_kept_compressed(town: Campaign) -> None:
    start(town, members(50))
    chunk = BulkChunk.objects.get()
    assert [json.loads(row) for row in zlib.decompress(bytes(chunk.content)).split(b"\n")] == members(50)


@pytest.mark.django_db(transaction=True)
def test_singles_and_two_workers_beside_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes have no gap, every row is there once, times follow the codes."""
    monkeypatch.setattr(starting, "ROWS_OF_A_CHUNK", 20)
    town = toy_town(toy_maker())
    made = start(town, members(400))
    failures: list[Exception] = []

    def together(*calls: Callable[[], Any]) -> None:
        def run(call: Callable[[], Any]) -> None:
            try:
                call()
            except Exception as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def singles() -> None:
        for _ in range(10):
            issue_pass(campaign=town, now=clock())

    def worker() -> None:
        import_passes(bulk_import_id=made.id, reader=PassRows, clock=clock)

    together(worker, worker, *[singles] * 8)
    assert failures == []
    assert finish(made).succeeded == 400
    passes = list(Pass.objects.order_by("created_at", "id"))
    assert [row.redeem_code for row in passes] == [f"{number:07d}" for number in range(1, 481)]
    assert [row.external_id for row in passes if row.external_id] == [f"m-{number}" for number in range(400)]
    town.refresh_from_db()
    assert (town.next_code, town.pass_count) == (481, 480)
    assert sum(Tally.objects.values_list("amount", flat=True)) == 480


@pytest.mark.django_db(transaction=True)
def test_a_name_that_is_taken_in_the_middle_makes_the_chunk_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    town = toy_town(toy_maker())
    other = issue(town)
    made = start(town, members(3))
    copy = importing.copy

    def rename_first(statement: str, lines: Any) -> None:
        def rename() -> None:
            Pass.objects.filter(id=other.id).update(external_id="m-1")
            connection.close()

        monkeypatch.setattr(importing, "copy", copy)
        thread = threading.Thread(target=rename)
        thread.start()
        thread.join()
        copy(statement, lines)

    monkeypatch.setattr(importing, "copy", rename_first)
    finish(made)
    assert [row.row for row in results(made) if row.errors] == [2]
    assert Pass.objects.filter(external_id="m-1").count() == 1
