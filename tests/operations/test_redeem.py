"""Redeeming: what a pass, its campaign and the record say afterwards, and who is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from msgspec import structs
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright.data.models import Campaign, Event, Organization, Pass, Redeem, Tally
from passwright.interfaces import jobs
from passwright.operations.index_codes import index_codes
from passwright.operations.redeem_pass import pass_meant, redeem_by_code, redeem_pass
from passwright.operations.refusals import NotFound, PreconditionFailed
from passwright.operations.reset_redeem import reset_redeem
from passwright.passes.content import Barcode, BarcodeFormat, Behaviour, CodeType, Position, Style
from passwright.queries.pass_by_code import pass_by_code
from passwright.queries.passes import pass_
from tests.operations.toys import (
    LATER,
    NOW,
    TOY_FIELDS,
    change,
    issue,
    merge,
    patch,
    push,
    sent,
    shown,
    toy_maker,
    toy_town,
    undo,
)

AMBIGUOUS = "Several passes show this code. Send the redeem code of the one that is meant, or use its id."

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return toy_maker()


def make(organization: Organization, **wanted: Any) -> Campaign:
    return toy_town(organization, name=str(uuid4()), **wanted)


def redeem(campaign: Campaign, row: Pass, **parts: Any) -> Pass:
    return redeem_pass(campaign=campaign, pass_id=row.id, **{"now": LATER, **parts})


def by_code(campaign: Campaign, code: str, **parts: Any) -> Pass:
    campaign.refresh_from_db()
    return redeem_by_code(campaign=campaign, code=code, **{"now": LATER, **parts})


def kept(row: Pass) -> tuple[bool, int, datetime | None, int, datetime]:
    row.refresh_from_db()
    return row.voided, row.redeemed_count, row.redeemed_at, row.version, row.updated_at


def traces(campaign: Campaign) -> tuple[int, int, int, int]:
    """How often the campaign, the history, the events and the reports say that something was redeemed."""
    campaign.refresh_from_db()
    tallied = Tally.objects.filter(campaign_id=campaign.id, counter="redeems").values_list("amount", flat=True)
    return (
        campaign.redeem_count,
        Redeem.objects.filter(campaign=campaign).count(),
        Event.objects.filter(campaign=campaign, kind=Event.Kind.REDEEMED).count(),
        sum(tallied),
    )


def test_a_redeem_is_told_everywhere(organization: Organization) -> None:
    campaign = make(organization)
    row, other = issue(campaign), issue(campaign)
    after = redeem(campaign, row, comment="in store")
    assert kept(row) == (True, 1, LATER, 2, LATER)
    assert kept(other) == (False, 0, None, 1, NOW + timedelta(microseconds=1))
    assert [getattr(after, field.attname) for field in Pass._meta.concrete_fields] == [
        getattr(row, field.attname) for field in Pass._meta.concrete_fields
    ]
    assert traces(campaign) == (1, 1, 1, 1)
    use = Redeem.objects.get()
    assert (use.campaign_id, use.pass_row_id, use.redeem_code) == (campaign.id, row.id, "0000001")
    assert (use.comment, use.source, use.redeemed_by, use.created_at) == ("in store", "api", None, LATER)
    event = Event.objects.get(kind=Event.Kind.REDEEMED)
    assert (event.campaign_id, event.pass_id, event.at) == (campaign.id, row.id, LATER)
    assert event.extra == {"redeem_id": str(use.id), "comment": "in store", "redeem_code": "0000001"}
    tally = Tally.objects.get(counter="redeems")
    assert (tally.campaign_id, tally.day, tally.amount) == (campaign.id, LATER.date(), 1)


def test_a_pass_for_many_uses_stays_valid(organization: Organization) -> None:
    campaign = make(organization, allow_multiple_redeems=True)
    row = issue(campaign)
    for number in range(1, 4):
        at = LATER + timedelta(minutes=number)
        assert redeem(campaign, row, now=at).redeemed_count == number
        assert kept(row) == (False, number, at, 1, at)
    assert traces(campaign) == (3, 3, 3, 3)
    assert Redeem.objects.filter(comment=None).count() == 3


def test_what_counts_is_whether_the_campaign_allows_it_now(organization: Organization) -> None:
    campaign = make(organization, allow_multiple_redeems=True)
    row = issue(campaign)
    redeem(campaign, row)
    change(campaign, allow_multiple_redeems=False)
    redeem(campaign, row)
    assert kept(row)[:2] == (True, 2)


def test_a_clock_that_is_behind_does_not_turn_time_back(organization: Organization) -> None:
    campaign = make(organization, allow_multiple_redeems=True)
    row = issue(campaign)
    for late in (9, 3):
        redeem(campaign, row, now=LATER + timedelta(seconds=late))
    assert kept(row) == (False, 2, LATER + timedelta(seconds=9), 1, LATER + timedelta(seconds=9))


USED_UP = f"Pass was already redeemed at {LATER:%Y-%m-%dT%H:%M:%SZ}. Reset its redeem to use it once more."
VOIDED = "Pass is voided: it can't be redeemed. Reset its redeem to make it valid."
EXPIRED = f"Pass expired at {LATER:%Y-%m-%dT%H:%M:%SZ}: it can't be redeemed."

REFUSALS: list[tuple[dict[str, Any], dict[str, Any], int, str]] = [
    ({}, {}, 1, USED_UP),
    ({}, {"voided": True}, 0, VOIDED),
    ({"allow_multiple_redeems": True}, {"voided": True}, 0, VOIDED),
    ({"expiration_date": LATER}, {}, 0, EXPIRED),
    ({}, {"expiration_date": LATER}, 0, EXPIRED),
    ({"allow_multiple_redeems": True}, {"expiration_date": LATER}, 0, EXPIRED),
    ({"expiration_date": LATER}, {"voided": True}, 0, VOIDED),
]


@pytest.mark.parametrize("method", ["id", "code"])
@pytest.mark.parametrize(("of_campaign", "of_pass", "used", "sentence"), REFUSALS)
def test_who_is_refused_and_what_is_left(
    organization: Organization,
    of_campaign: dict[str, Any],
    of_pass: dict[str, Any],
    used: int,
    sentence: str,
    method: str,
) -> None:
    campaign = make(organization, **of_campaign)
    row = issue(campaign, **of_pass)
    for _ in range(used):
        redeem(campaign, row)
    before, told = kept(row), traces(campaign)
    with pytest.raises(PreconditionFailed) as refused:
        redeem(campaign, row) if method == "id" else by_code(campaign, row.redeem_code)
    assert refused.value.errors == {"pass": sentence}
    assert (kept(row), traces(campaign)) == (before, told)


def test_a_moment_before_it_expires_a_pass_is_good(organization: Organization) -> None:
    campaign = make(organization, expiration_date=LATER)
    row, own = issue(campaign), issue(campaign, expiration_date=LATER + timedelta(days=1))
    assert redeem(campaign, row, now=LATER - timedelta(microseconds=1)).voided
    assert redeem(campaign, own).voided
    forever = issue(campaign, expiration_date=None)
    assert redeem(campaign, forever, now=LATER + timedelta(days=9)).voided


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_passes_of_a_campaign_that_issues_none_are_good(organization: Organization, state: str) -> None:
    campaign = make(organization)
    row = issue(campaign)
    Campaign.objects.update(state=state)
    assert by_code(campaign, row.redeem_code).voided
    assert traces(campaign) == (1, 1, 1, 1)


def test_nothing_is_found_elsewhere(organization: Organization) -> None:
    campaign, other = make(organization), make(organization)
    row = issue(campaign)
    for call in (redeem, lambda campaign, row: reset_redeem(campaign=campaign, pass_id=row.id, now=LATER)):
        with pytest.raises(NotFound, match="Pass"):
            call(other, row)
    with pytest.raises(NotFound, match="Pass"):
        by_code(other, row.redeem_code)
    Campaign.objects.filter(id=campaign.id).update(deleted_at=NOW)
    with pytest.raises(NotFound, match="Campaign"):
        redeem(campaign, row)
    assert traces(campaign) == traces(other) == (0, 0, 0, 0)


def test_nothing_is_half_redeemed(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last thing that a redeem writes is refused: nothing of it is there."""
    campaign = make(organization)
    row = issue(campaign)
    before = kept(row)
    taken = uuid4()
    Redeem.objects.create(id=taken, campaign=campaign, pass_row=row, redeem_code="x", created_at=NOW)
    monkeypatch.setattr("passwright.operations.redeem_pass.uuid4", lambda: taken)
    with pytest.raises(IntegrityError), transaction.atomic():
        redeem(campaign, row)
    assert kept(row) == before
    assert traces(campaign) == (0, 1, 0, 0)


def test_a_pass_that_is_freed_while_the_reason_is_looked_up(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone resets it between the statement that did nothing and the look at it."""
    campaign = make(organization)
    row = issue(campaign, voided=True)

    def freed_first(campaign: Campaign, pass_id: UUID) -> Pass | None:
        reset_redeem(campaign=campaign, pass_id=pass_id, now=LATER)
        return pass_(campaign, pass_id)

    monkeypatch.setattr("passwright.operations.redeem_pass.pass_", freed_first)
    assert redeem(campaign, row).redeemed_count == 1
    assert kept(row) == (True, 1, LATER, 3, LATER)
    assert traces(campaign) == (1, 1, 1, 1)


def test_a_redeem_costs_one_statement(organization: Organization) -> None:
    """A `Statement` goes past Django's cursors: of these none is needed."""
    campaign = make(organization)
    row = issue(campaign)
    with CaptureQueriesContext(connection) as queries:
        redeem(campaign, row)
    assert (len(queries), kept(row)[0]) == (0, True)


def test_a_reset_makes_a_pass_valid_and_keeps_what_happened(organization: Organization) -> None:
    campaign = make(organization)
    row = issue(campaign)
    redeem(campaign, row)
    reset_at, at = LATER + timedelta(hours=1), LATER + timedelta(hours=2)
    for now in (reset_at, at):  # the second changes nothing
        after = reset_redeem(campaign=campaign, pass_id=row.id, now=now)
        assert (after.voided, after.redeemed_count, after.redeemed_at) == (False, 1, LATER)
        assert kept(row) == (False, 1, LATER, 3, reset_at)
    event = Event.objects.get(kind=Event.Kind.REDEEM_RESET)
    assert (event.pass_id, event.at) == (row.id, reset_at)
    assert traces(campaign) == (1, 1, 1, 1)
    redeem(campaign, row, now=at)
    assert kept(row) == (True, 2, at, 4, at)
    assert traces(campaign) == (2, 2, 2, 2)


def test_a_reset_of_a_valid_pass_leaves_no_trace(organization: Organization) -> None:
    campaign = make(organization)
    row = issue(campaign)
    before = kept(row)
    reset_redeem(campaign=campaign, pass_id=row.id, now=LATER)
    assert kept(row) == before
    assert not Event.objects.filter(kind=Event.Kind.REDEEM_RESET).exists()


def test_what_was_voided_by_hand_is_reset_too(organization: Organization) -> None:
    campaign = make(organization, style=Style.STORE_CARD)
    row = issue(campaign)
    patch(campaign, row, voided=True)
    assert kept(row)[0]
    reset_redeem(campaign=campaign, pass_id=row.id, now=LATER)
    assert not kept(row)[0]


SEQUENTIAL = ["0000002", "2", "00000002", "000000000000000000000002", " 2 ", "0000002\r\n", "\t0000002"]


@pytest.mark.parametrize("code", SEQUENTIAL)
@pytest.mark.parametrize("code_type", [CodeType.SEQUENCIAL, CodeType.FIXED])
def test_numbers_are_found_with_any_zeros_and_blanks(
    organization: Organization, code_type: CodeType, code: str
) -> None:
    fixed = {"code_fixed_value": "HELLO"} if code_type is CodeType.FIXED else {}
    campaign = make(organization, code_type=code_type, **fixed)
    rows = [issue(campaign) for _ in range(3)]
    assert by_code(campaign, code).id == rows[1].id
    assert [kept(row)[1] for row in rows] == [0, 1, 0]


UNKNOWN = [
    *("0", "", " ", "4", "-2", "2.0", "+2", "2 2", "\u0662", "\uff12", "x" * 10_000, "0" * 10_000, "9" * 10_000),
    *("0000002\x00", "\x00", "a/b", "//", "'; DROP TABLE pass; --", "%", "_______", "\U0001f9f8", "\u202e2", "\n"),
]


@pytest.mark.parametrize("code", UNKNOWN)
@pytest.mark.parametrize("code_type", CodeType)
def test_any_text_that_is_no_code_finds_nothing(organization: Organization, code_type: CodeType, code: str) -> None:
    own = {"barcode": Barcode(format=BarcodeFormat.QRCODE, message="OWN")} if code_type is CodeType.PER_PASS else {}
    fixed = {"code_fixed_value": "HELLO"} if code_type is CodeType.FIXED else {}
    campaign = make(organization, code_type=code_type, **fixed)
    for _ in range(1 if own else 3):
        issue(campaign, **own)
    with pytest.raises(NotFound) as refused:
        by_code(campaign, code)
    assert refused.value.errors == {"pass": "Pass not found."}
    assert traces(campaign) == (0, 0, 0, 0)


@pytest.mark.parametrize("code", ["HELLO", " HELLO\n"])
def test_the_fixed_code_names_nobody(organization: Organization, code: str) -> None:
    campaign = make(organization, code_type=CodeType.FIXED, code_fixed_value="HELLO")
    issue(campaign)
    with pytest.raises(PreconditionFailed) as refused:
        by_code(campaign, code)
    assert refused.value.errors == {"pass": AMBIGUOUS}


def test_a_fixed_code_that_looks_like_a_number_names_nobody_either(organization: Organization) -> None:
    campaign = make(organization, code_type=CodeType.FIXED, code_fixed_value="0000001")
    row = issue(campaign)
    with pytest.raises(PreconditionFailed):
        by_code(campaign, "0000001")
    assert by_code(campaign, "1").id == row.id


@pytest.mark.parametrize("message", ["007", "TICKET 1/2", "https://example.com//x/?a=1", "line\nline", "\U0001f9f8"])
def test_codes_that_passes_bring_are_found_exactly(organization: Organization, message: str) -> None:
    campaign = make(organization, code_type=CodeType.PER_PASS)
    row = issue(campaign, barcode=Barcode(format=BarcodeFormat.QRCODE, message=message))
    for wrong in ("7", "0007", message.lower() + "?", message + "x"):
        with pytest.raises(NotFound):
            by_code(campaign, wrong)
    assert by_code(campaign, message).id == row.id


def own(message: str | None, format_: BarcodeFormat = BarcodeFormat.EAN128) -> dict[str, Any]:
    return {"barcodes": (Barcode(format=format_, message=message),)}


def test_the_message_of_a_passes_own_code_finds_it(organization: Organization) -> None:
    campaign = make(organization)
    one, two = issue(campaign, **own("A-1")), issue(campaign, **own("A-2"))
    assert by_code(campaign, "A-2").id == two.id
    assert by_code(campaign, " A-1\r\n").id == one.id
    long = "".join(str(number) for number in range(2_600))
    assert len(long) > 9_000
    three = issue(campaign, **own(long))
    assert by_code(campaign, long).id == three.id
    for unknown in ("a-1", long + "0", long[:-1]):
        with pytest.raises(NotFound):
            by_code(campaign, unknown)


def test_a_redeem_code_goes_before_the_message_of_another(organization: Organization) -> None:
    campaign = make(organization)
    one, two = issue(campaign, **own("0000002")), issue(campaign)
    assert by_code(campaign, "0000002").id == two.id
    assert by_code(campaign, "1").id == one.id


def test_a_message_that_the_campaign_gives_to_all_names_nobody(organization: Organization) -> None:
    """Not found would send the person at the till looking for another pass."""
    common = Barcode(format=BarcodeFormat.QRCODE, message="SHOP")
    campaign = make(organization, barcode=common)
    first, _ = issue(campaign), issue(campaign, barcode=Barcode(format=BarcodeFormat.QRCODE, message="SHOP"))
    for code in ("SHOP", " SHOP\n"):
        with pytest.raises(PreconditionFailed) as refused:
            by_code(campaign, code)
        assert refused.value.errors == {"pass": AMBIGUOUS}
    assert by_code(campaign, "1").id == first.id
    with pytest.raises(NotFound):
        by_code(campaign, "shop")


def test_a_message_that_several_show_names_nobody(organization: Organization) -> None:
    campaign = make(organization)
    first, second, *_ = (issue(campaign, **own("SAME")) for _ in range(3))
    with pytest.raises(PreconditionFailed) as refused:
        by_code(campaign, "SAME")
    assert refused.value.errors == {"pass": AMBIGUOUS}
    patch(campaign, first, **own("OTHER"))
    with pytest.raises(PreconditionFailed):
        by_code(campaign, "SAME")
    assert by_code(campaign, second.redeem_code).id == second.id


def test_what_a_pass_has_stopped_showing_does_not_find_it(organization: Organization) -> None:
    campaign = make(organization)
    changed, emptied, row = issue(campaign, **own("A")), issue(campaign, **own("B")), issue(campaign, **own("A"))
    patch(campaign, changed, **own("C"))
    patch(campaign, emptied, barcode=None)
    assert by_code(campaign, "A").id == row.id
    assert by_code(campaign, "C").id == changed.id
    with pytest.raises(NotFound):
        by_code(campaign, "B")


def test_a_code_of_no_format_shows_nothing(organization: Organization) -> None:
    campaign = make(organization)
    issue(campaign, **own("A", BarcodeFormat.NONE))
    with pytest.raises(NotFound):
        by_code(campaign, "A")


MEMBER = sent("number", Position.BACK, behaviour=Behaviour.DYNAMIC, use_as_barcode=True)


def test_a_field_that_is_the_code_finds_its_pass(organization: Organization) -> None:
    campaign = make(organization, fields=(*TOY_FIELDS, MEMBER))
    one, two = (issue(campaign, fields=(sent("number", Position.BACK, value=value),)) for value in ("M-1", "M-2"))
    assert by_code(campaign, "M-2").id == two.id
    patch(campaign, one, fields=(sent("number", Position.BACK, value="M-3"),))
    assert by_code(campaign, "M-3").id == one.id
    with pytest.raises(NotFound):
        by_code(campaign, "M-1")


def test_an_own_message_is_shown_and_found_rather_than_the_field(organization: Organization) -> None:
    campaign = make(organization, fields=(*TOY_FIELDS, MEMBER))
    row = issue(campaign, fields=(sent("number", Position.BACK, value="FIELD"),), **own("MESSAGE"))
    with pytest.raises(NotFound):
        by_code(campaign, "FIELD")
    assert by_code(campaign, "MESSAGE").id == row.id


def test_a_merge_that_changes_what_is_shown_counts(organization: Organization) -> None:
    """The field became fixed: all passes show the campaign's value now, and the earlier ones find nobody."""
    campaign = make(organization, fields=(*TOY_FIELDS, MEMBER), merge_on_update=True)
    for value in ("M-1", "M-2"):
        issue(campaign, fields=(sent("number", Position.BACK, value=value),))
    change(campaign, fields=(sent("number", Position.BACK, value="ALL", behaviour=Behaviour.FIXED),))
    for code in ("M-1", "ALL"):
        with pytest.raises(NotFound):
            by_code(campaign, code)


def indexed() -> int:
    """Do the jobs that were left; how many it were."""
    left = ProcrastinateJob.objects.filter(task_name="index_codes").values_list("args", flat=True)
    for arguments in left:
        jobs.app.tasks["index_codes"](**arguments)
    return len(left)


def numbered(campaign: Campaign, *values: str) -> list[Pass]:
    return [issue(campaign, fields=(sent("number", Position.BACK, value=value),)) for value in values]


NOT_THE_CODE = structs.replace(MEMBER, use_as_barcode=False)


@pytest.mark.parametrize("move", [merge, push])
def test_a_field_that_becomes_the_code_finds_the_passes_that_show_it(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, move: Callable[[Campaign], object]
) -> None:
    monkeypatch.setattr("passwright.operations.index_codes.CHUNK", 2)
    campaign = make(organization, fields=(*TOY_FIELDS, NOT_THE_CODE))
    rows = numbered(campaign, "M-1", "M-2", "M-3", "M-4")
    own_code, plain = issue(campaign, **own("OWN")), issue(campaign)
    change(campaign, fields=(MEMBER,))
    later = numbered(Campaign.objects.get(id=campaign.id), "M-5")
    with pytest.raises(NotFound):  # none but the last one shows it
        by_code(campaign, "M-4")
    before = [kept(row)[3] for row in rows]
    move(campaign)
    assert indexed() == 1
    found = [by_code(campaign, f"M-{number}").id for number in range(1, 6)]
    assert found == [row.id for row in (*rows, *later)]
    assert by_code(campaign, "OWN").id == own_code.id
    assert by_code(campaign, plain.redeem_code).id == plain.id
    assert [kept(row)[3] for row in rows] == [version + 1 for version in before]  # of the redeem alone


def test_a_field_that_is_the_code_again_after_a_reset_was_undone(organization: Organization) -> None:
    other = sent("other", Position.BACK, behaviour=Behaviour.DYNAMIC, use_as_barcode=True)
    campaign = make(organization, fields=(*TOY_FIELDS, MEMBER))
    row = issue(campaign, fields=(sent("number", Position.BACK, value="N"), sent("other", Position.BACK, value="O")))
    change(campaign, fields=(NOT_THE_CODE, other))
    for step, code, gone in ((push, "O", "N"), (undo, "N", "O")):
        step(campaign)
        indexed()
        assert pass_meant(Campaign.objects.get(id=campaign.id), code).id == row.id
        with pytest.raises(NotFound):
            by_code(campaign, gone)


@pytest.mark.parametrize("move", [merge, push, lambda campaign: change(campaign, merge_on_update=True)])
def test_nothing_is_left_to_do_where_the_code_stays_where_it_was(
    organization: Organization, move: Callable[[Campaign], object]
) -> None:
    campaign = make(organization, fields=(*TOY_FIELDS, NOT_THE_CODE))
    numbered(campaign, "M-1")
    change(campaign, fields=(MEMBER,))
    merge(campaign)
    assert indexed() == 1
    ProcrastinateJob.objects.all().delete()
    change(campaign, logo_text="Another")
    move(campaign)
    assert indexed() == 0


def test_codes_of_a_campaign_that_is_gone_are_left_alone(organization: Organization) -> None:
    campaign = make(organization, fields=(*TOY_FIELDS, MEMBER))
    [row] = numbered(campaign, "M-1")
    Pass.objects.update(barcode_digest=None)
    Campaign.objects.update(deleted_at=NOW)
    index_codes(campaign_id=campaign.id)
    index_codes(campaign_id=uuid4())
    row.refresh_from_db()
    assert row.barcode_digest is None


def test_a_reset_leaves_a_pass_the_code_that_a_field_gives_it(organization: Organization) -> None:
    campaign = make(organization, fields=(*TOY_FIELDS, MEMBER))
    [row] = numbered(campaign, "M-1")
    change(campaign, logo_text="Another")
    push(campaign)
    assert shown(campaign, row)["number"] is None
    assert by_code(campaign, "M-1").id == row.id


def test_a_code_that_a_million_passes_show_is_looked_up_in_the_order_of_its_index(organization: Organization) -> None:
    """Two are enough to see that it names nobody: no plan has to read them all and sort them first."""
    campaign = make(organization)
    for _ in range(3):
        issue(campaign, **own("SAME"))
    with CaptureQueriesContext(connection) as queries, pytest.raises(PreconditionFailed):
        by_code(campaign, "SAME")
    [look_up] = [query["sql"] for query in queries if "barcode_digest" in query["sql"] and "ORDER BY" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute("SET LOCAL enable_bitmapscan TO off")
        cursor.execute(f"EXPLAIN {look_up}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using pass_barcode" in plan
    assert "Sort" not in plan


def test_more_candidates_than_are_laid_out_at_once(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """All have said it once; only the last by id says it still."""
    monkeypatch.setattr("passwright.queries.pass_by_code.CANDIDATES", 2)
    campaign = make(organization)
    rows = sorted((issue(campaign, **own("A")) for _ in range(5)), key=lambda row: row.id)
    digest = rows[0].barcode_digest
    for row in rows[:4]:
        patch(campaign, row, **own(f"not {row.id}"))
    Pass.objects.update(barcode_digest=digest)
    assert by_code(campaign, "A").id == rows[4].id
    Pass.objects.filter(id=rows[4].id).delete()
    with pytest.raises(NotFound):
        by_code(campaign, "A")


def test_the_day_is_that_of_utc(organization: Organization) -> None:
    campaign = make(organization)
    at = datetime.fromisoformat("2026-12-01T01:30:00+02:00")
    redeem(campaign, issue(campaign), now=at)
    assert Tally.objects.get(counter="redeems").day.isoformat() == "2026-11-30"
    assert Redeem.objects.get().created_at == at.astimezone(UTC)


def test_a_code_that_a_field_is_put_into_finds_its_pass(organization: Organization) -> None:
    fields = (sent("member", Position.PRIMARY, behaviour=Behaviour.DYNAMIC), sent("town", Position.BACK, value="Oz"))
    campaign = toy_town(organization, fields=fields, barcode=Barcode(message="${town}-${member}"))
    ada, _ = (issue(campaign, fields=(sent("member", Position.PRIMARY, value=name),)) for name in ("Ada", "Rui"))
    assert pass_by_code(campaign, "Oz-Ada") == ada
    patch(campaign, ada, fields=(sent("member", Position.PRIMARY, value="Grace"),))
    campaign.refresh_from_db()
    assert pass_by_code(campaign, "Oz-Ada") is None
    assert pass_by_code(campaign, "Oz-Grace") == ada
    change(campaign, fields=(sent("town", Position.BACK, value="Ur"),))
    campaign = merge(campaign)
    assert indexed() == 1
    assert pass_by_code(campaign, "Oz-Grace") is None
    assert pass_by_code(campaign, "Ur-Grace") == ada
