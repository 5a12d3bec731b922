"""What a pass says in fields with types and rules, whoever says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from passwright.data.models import Campaign, Organization, Pass
from passwright.operations.pass_content import Who
from passwright.operations.refusals import PreconditionFailed, ValidationFailed, WrongValues
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, ImageSlot, Location, Position
from passwright.queries.passes import content_of
from tests.operations.toys import change, issue, merge, patch, picture, push, sent, toy_maker, toy_town, undo, values

MISSING = "The answer is missing. Fill it in."


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


def asked(key: str, data_type: DataType = DataType.TEXT, **parts: Any) -> SentField:
    return sent(key, Position.BACK, data_type=data_type, behaviour=Behaviour.DYNAMIC, **parts)


def campaign(organization: Organization, *fields: SentField, **parts: Any) -> Campaign:
    return toy_town(organization, fields=fields, name=str(uuid4()), **parts)


def say(key: str, value: Any) -> SentField:
    return sent(key, Position.BACK, value=value)


def said(of: Campaign, row: Pass) -> dict[str, str | None]:
    of = Campaign.objects.get(id=of.id)
    return values(content_of(of, Pass.objects.get(id=row.id)))


@contextmanager
def refused(errors: dict[str, list[str]], kind: type[ValidationFailed] = WrongValues) -> Iterator[None]:
    passes = Pass.objects.count()
    with pytest.raises(kind) as refusal:
        yield
    assert refusal.value.errors == errors
    assert Pass.objects.count() == passes


def by_holder(of: Campaign, **said: Any) -> Pass:
    return issue(of, values=said, who=Who.HOLDER)


# Values by key.


def test_values_reach_fields_in_whatever_list_they_stand(organization: Organization) -> None:
    of = campaign(organization, sent("level", Position.HEADER, value="Gold"), asked("born", DataType.DATE), asked("n"))
    row = issue(of, values={"level": " Platinum ", "born": "1815-12-10", "n": 12.5})
    assert said(of, row) == {"level": "Platinum", "born": "1815-12-10", "n": "12.5"}
    assert [field.position for field in content_of(of, row).fields] == [Position.HEADER, Position.BACK, Position.BACK]


def test_every_door_reads_types_and_says_all_that_is_wrong_at_once(organization: Organization) -> None:
    of = campaign(
        organization, asked("born", DataType.DATE), asked("mail", DataType.EMAIL), asked("must", required=True)
    )
    date = "“soon” is not a date. Type year, month and day: 2026-11-22."
    mail = "“me” is not a whole e-mail address. Type it as ada@example.com."
    wrong = {"values.born": [date], "values.mail": [mail], "values.must": [MISSING]}
    far = (Location(latitude=100, longitude=0),)
    with pytest.raises(WrongValues) as refusal:
        issue(of, values={"born": "soon", "mail": "me"}, locations=far)
    assert wrong.items() < refusal.value.errors.items()
    assert set(refusal.value.errors) - set(wrong) == {"locations[0].latitude"}
    assert {key: [str(fault) for fault in faults] for key, faults in refusal.value.faults.items()} == {
        "born": [date],
        "mail": [mail],
        "must": [MISSING],
    }
    with refused({"back_fields.born": [date], "back_fields.must": [MISSING]}):
        issue(of, fields=(say("born", "soon"),))
    with refused({"values.born": [date], "back_fields.mail": [mail], "values.must": [MISSING]}):
        issue(of, fields=(say("mail", "me"),), values={"born": "soon", "must": ""})


def test_unknown_keys_are_refused_with_the_nearest_that_there_is(organization: Organization) -> None:
    of = campaign(organization, asked("member"), asked("since"))
    with refused(
        {
            "values.membr": ["is not a field of this campaign. Did you mean “member”?"],
            "values.zzz": ["is not a field of this campaign."],
        }
    ):
        issue(of, values={"membr": "Ada", "zzz": 1, "since": "x"})


def test_a_value_is_given_back_to_the_campaign(organization: Organization) -> None:
    of = campaign(organization, asked("level", value="Silver", label="LEVEL"), asked("n", DataType.NUMBER, value="1"))
    row = issue(of, fields=(sent("level", Position.BACK, value="Gold", label="Yours"),), values={"n": 2})
    assert said(of, row) == {"level": "Gold", "n": "2"}
    patch(of, row, values={"level": None, "n": None})
    assert said(of, row) == {"level": "Silver", "n": "1"}
    assert content_of(of, Pass.objects.get()).fields[0].label == "Yours"
    assert [field["key"] for field in Pass.objects.get().overrides["fields"]] == ["level"]  # type: ignore[index]  # there


def test_one_key_with_two_values_is_refused(organization: Organization) -> None:
    of = campaign(organization, asked("n", DataType.NUMBER, value="0"), asked("t"))
    two = "has one value in back_fields and another in values. Send it once."
    with refused({"values.n": [two], "values.t": [two]}):
        issue(of, fields=(say("n", "1"), say("t", "a")), values={"n": 2, "t": "b"})
    row = issue(of, fields=(say("n", "1"), say("t", " a")), values={"n": 1, "t": "a"})
    assert said(of, row) == {"n": "1", "t": " a"}


def test_a_pass_that_is_sent_back_whole_changes_in_what_was_changed(organization: Organization) -> None:
    """Clients of old send all that they got, with one value in its list another."""
    of = campaign(organization, asked("n", DataType.NUMBER, value="0"), asked("t", value="x"), asked("gone", value="y"))
    row = issue(of, fields=(say("n", "1"), say("t", "a"), say("gone", None)))
    printed = said(of, row)
    assert printed["gone"] is None
    patch(of, row, fields=(say("n", "5"), say("t", "a"), say("gone", None)), values=printed)
    assert said(of, row) == {"n": "5", "t": "a", "gone": None}
    patch(of, row, fields=(say("n", "5"), say("t", "a")), values={"n": 6, "t": "a"})
    assert said(of, row) == {"n": "6", "t": "a", "gone": None}
    before = Pass.objects.get().version
    patch(of, row, fields=(say("n", "6"), say("t", "a"), say("gone", None)), values=said(of, row))
    assert Pass.objects.get().version == before


def test_what_was_kept_before_there_was_a_type_can_be_sent_back(organization: Organization) -> None:
    of = campaign(organization, asked("n"))
    row = issue(of, values={"n": "many"})
    merge(change(of, fields=(sent("n", Position.BACK, data_type=DataType.NUMBER),)))
    of = Campaign.objects.get()
    patch(of, row, fields=(say("n", "many"),), values={"n": "many"})
    with refused({"values.n": ["“few” is not a number. Type digits, with a point before decimals: 12.50."]}):
        patch(of, row, values={"n": "few"})


def test_plain_texts_in_lists_are_kept_letter_by_letter(organization: Organization) -> None:
    of = campaign(organization, asked("t"), asked("n", DataType.NUMBER))
    row = issue(of, fields=(say("t", " a\r\n\x07 "), say("own", "  ")))
    assert said(of, row) == {"t": " a\r\n\x07 ", "n": None, "own": "  "}


def test_merge_false_takes_the_lists_sent_and_the_values_with_them(organization: Organization) -> None:
    of = campaign(organization, asked("a", value="1", label="A"), asked("b", value="2"))
    row = issue(of, values={"a": "x", "b": "y"})
    patch(of, row, fields=(say("b", "z"),), lists=frozenset({Position.BACK}), merge=False, values={"a": "w"})
    assert said(of, row) == {"a": "w", "b": "z"}


# What has to be there.


def test_what_is_required_of_every_door(organization: Organization) -> None:
    of = campaign(organization, asked("must", required=True), asked("given", required=True, value="x"))
    for wanted in ({}, {"values": {"must": " \t"}}, {"fields": (say("must", None),)}, {"fields": (say("must", ""),)}):
        name = "values.must" if "values" in wanted else "back_fields.must"
        with refused({name: [MISSING]}):
            issue(of, **wanted)
    with refused({"values.given": [MISSING]}):
        issue(of, values={"must": "here", "given": ""})
    row = issue(of, values={"must": "here"})
    patch(of, row, external_id="no field is sent")
    for wanted in (
        {"values": {"must": None}},
        {"fields": (sent("must", Position.BACK, destroy=True),)},
        {"fields": (say("given", "y"),), "lists": frozenset({Position.BACK}), "merge": False},
    ):
        with pytest.raises(WrongValues) as refusal:
            patch(of, row, **wanted)
        assert list(refusal.value.faults) == ["must"]
    assert said(of, row) == {"must": "here", "given": "x"}


def test_a_field_that_became_required_waits_until_it_is_sent(organization: Organization) -> None:
    of = campaign(organization, asked("a"), asked("late", required=False))
    row = issue(of)
    of = change(of, fields=(sent("late", Position.BACK, required=True),))
    merge(of)
    of = Campaign.objects.get()
    patch(of, row, values={"a": "x"})
    with refused({"values.late": [MISSING]}):
        patch(of, row, values={"late": ""})
    with refused({"back_fields.late": [MISSING]}):
        issue(of)


def test_forms_insist_where_the_api_does_not(organization: Organization) -> None:
    of = campaign(organization, asked("name"), asked("photo", DataType.IMAGE), asked("open", required=False))
    assert said(of, issue(of)) == {"name": None, "photo": None, "open": None}
    with refused({"values.name": [MISSING]}):
        by_holder(of, name=" ", open="")
    with refused({"values.name": [MISSING], "values.photo": [MISSING]}):
        by_holder(of, photo="")
    row = by_holder(of, name=" Ada ")
    assert said(of, row) == {"name": "Ada", "photo": None, "open": None}
    with refused({"values.name": [MISSING]}):
        patch(of, row, values={"name": ""}, who=Who.HOLDER)
    patch(of, row, values={"open": "x"}, who=Who.HOLDER)


def test_a_holder_has_no_say_in_what_he_is_not_asked(organization: Organization) -> None:
    of = campaign(
        organization,
        asked("zz", required=False),
        asked("staff", admin_only=True),
        asked("quiet", hidden=True),
        asked("number", generated=True),
        sent("level", Position.BACK, value="Gold"),
    )
    keys = ("staff", "quiet", "number", "level")
    wrong = {f"values.{key}": ["is not a field of this campaign."] for key in keys}
    with refused(wrong):
        by_holder(of, **dict.fromkeys(keys, "x"))
    row = by_holder(of)
    with refused(wrong):
        patch(of, row, values=dict.fromkeys(keys, "x"), who=Who.HOLDER)
    with refused({"back_fields.staff": ["is not a field of this campaign."]}):
        issue(of, fields=(say("staff", "x"),), who=Who.HOLDER)
    patch(of, row, values=dict.fromkeys(keys, "x"))
    assert said(of, row) == {"zz": None, "staff": "x", "quiet": "x", "number": "x", "level": "x"}


def test_a_holder_says_no_more_than_fits_a_form(organization: Organization) -> None:
    of = campaign(organization, asked("line"), asked("lines", DataType.MULTILINE))
    with refused(
        {
            "values.line": ["The answer has 201 characters, 200 fit. Shorten it."],
            "values.lines": ["The answer has 2,001 characters, 2,000 fit. Shorten it."],
        }
    ):
        by_holder(of, line="x" * 201, lines="y" * 2001)
    issue(of, values={"line": "x" * 201, "lines": "y" * 2001})


def test_what_nobody_but_the_issuer_can_fill_in_keeps_visitors_out(organization: Organization) -> None:
    of = campaign(organization, asked("name"), asked("rank", required=True, admin_only=True))
    with pytest.raises(PreconditionFailed, match="“rank” is required, and nobody but the issuer can fill it in"):
        by_holder(of, name="Ada")
    with refused({"back_fields.rank": [MISSING]}):
        issue(of)
    assert said(of, issue(of, values={"rank": "1"})) == {"name": None, "rank": "1"}
    change(of, fields=(sent("rank", Position.BACK, value="new"),))
    assert said(of, by_holder(Campaign.objects.get(), name="Ada")) == {"name": "Ada", "rank": "new"}


# Made by itself.


def test_generated_values_are_made_once(organization: Organization) -> None:
    of = campaign(
        organization,
        asked("code", generated=True, required=True, format="12", use_as_barcode=True),
        asked("number", DataType.NUMBER, generated=True, admin_only=True),
    )
    rows = [issue(of), issue(of), by_holder(of)]
    for row in rows:
        made = said(of, row)
        assert re.fullmatch("[346789ABCDEFGHJKMNPQRTUVWXY]{12}", made["code"] or "")
        assert re.fullmatch("[1-9][0-9]{9}", made["number"] or "")
        assert content_of(of, row).barcode.message == made["code"]
    assert len({said(of, row)["code"] for row in rows}) == 3
    before = said(of, rows[0])
    patch(of, rows[0], external_id="x", values={})
    assert said(of, rows[0]) == before
    assert said(of, issue(of, values={"code": "MINE-1"}))["code"] == "MINE-1"
    patch(of, rows[0], values={"code": "MINE-2"})
    assert said(of, rows[0]) == before | {"code": "MINE-2"}


# Pictures and places.


def test_a_generated_value_is_made_where_none_is_sent_as_null(organization: Organization) -> None:
    of = campaign(organization, asked("code", generated=True, required=True))
    assert len(said(of, issue(of, values={"code": None}))["code"] or "") == 10
    assert len(said(of, issue(of, fields=(say("code", None),)))["code"] or "") == 10


def test_a_default_with_references_that_a_form_sends_back_stays_the_campaigns(organization: Organization) -> None:
    of = campaign(organization, asked("name"), asked("wish", value="All the best, ${name}!"))
    row = by_holder(of, name="Ada", wish="All the best, ${name}!")
    assert said(of, row)["wish"] == "All the best, Ada!"
    patch(of, row, values={"name": "Eve", "wish": "All the best, ${name}!"}, who=Who.HOLDER)
    assert said(of, row)["wish"] == "All the best, Eve!"
    patch(of, row, values={"wish": "Hi ${name}"}, who=Who.HOLDER)
    assert said(of, row)["wish"] == "Hi ${name}"


def test_what_only_a_pass_can_say_is_no_default(organization: Organization) -> None:
    of = campaign(organization, asked("near", DataType.LOCATIONS), asked("photo", DataType.IMAGE, format="strip"))
    for wrong in (say("near", "38.72,-9.14"), say("photo", "0" * 8 + "-0000-4000-8000-" + "0" * 12)):
        with pytest.raises(ValidationFailed, match=wrong.key) as refusal:
            change(of, fields=(wrong,))
        assert set(refusal.value.errors) == {"back_fields"}
    change(of, fields=(say("near", '[{"latitude": 38.72, "longitude": -9.14}]'), say("photo", "")))


def test_a_picture_has_to_be_one_of_the_organizations(organization: Organization) -> None:
    of = campaign(organization, asked("photo", DataType.IMAGE))
    mine, theirs = (picture(owner, ImageSlot.THUMBNAIL) for owner in (organization, toy_maker("Others")))
    assert said(of, issue(of, values={"photo": str(mine).upper()})) == {"photo": str(mine)}
    for unknown in (theirs, uuid4()):
        with refused({"values.photo": ["There is no such picture. Upload one and send its id."]}):
            issue(of, values={"photo": str(unknown)})
    with refused({"values.photo": ["This picture is of another kind. Upload it as thumbnail and send its id."]}):
        issue(of, values={"photo": str(picture(organization))})
    with refused({"back_fields.photo": ["“me.png” is not the id of a picture. Upload one and send its id."]}):
        issue(of, fields=(say("photo", "me.png"),))


def test_places_are_kept_as_text(organization: Organization) -> None:
    of = campaign(organization, asked("shops", DataType.LOCATIONS))
    row = issue(of, values={"shops": [{"latitude": 38.72, "longitude": -9.14, "name": "Rossio"}]})
    assert said(of, row) == {"shops": '[{"latitude":38.72,"longitude":-9.14,"name":"Rossio"}]'}
    patch(of, row, values={"shops": {"near": {"latitude": 1, "longitude": 2}}})
    assert said(of, row) == {"shops": '{"near":{"latitude":1.0,"longitude":2.0}}'}
    with refused({"values.shops": ["Place 1 needs a latitude between -90 and 90 degrees."]}):
        patch(of, row, values={"shops": [{"latitude": 91, "longitude": 0}]})


def test_values_that_a_reset_masks_are_not_what_the_pass_says(organization: Organization) -> None:
    of = campaign(organization, asked("n", DataType.NUMBER, value="0"))
    row = issue(of, values={"n": 5})
    push(change(of, description="newer"))
    of = Campaign.objects.get()
    assert said(of, row) == {"n": "0"}
    patch(of, row, fields=(say("n", "7"),), values={"n": "0"})
    assert said(of, row) == {"n": "7"}
    undo(of)
    assert said(of, row) == {"n": "7"}


# The campaign's side.


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ((asked("a", choices=("x",)),), "has choices at a, whose data_type is not choice"),
        ((asked("a", DataType.DATE, generated=True),), "can't have a generated: only text and number fields are"),
        (
            (asked("a", DataType.NUMBER, generated=True, format="16"),),
            "has a format at a that is no length: 4 to 15 characters are generated",
        ),
        (
            (sent("a", Position.BACK, generated=True),),
            "can't have a generated for each pass: its behaviour is fixed. Make it dynamic",
        ),
        ((sent("a", Position.BACK, distinct=True),), "can't make a distinct: its behaviour is fixed. Make it dynamic"),
        (
            (asked("a", distinct=True, value="x"),),
            "can't make a distinct and give it a value, which all passes would share",
        ),
        (
            (asked("a", DataType.DATE, value="soon"),),
            "has a wrong value at a: “soon” is not a date. Type year, month and day: 2026-11-22.",
        ),
        (
            (asked("a", DataType.CHOICE, value="z", choices=("x", "y")),),
            "has a wrong value at a: “z” is not one of the",
        ),
    ],
)
def test_what_does_not_go_together_in_a_field(
    organization: Organization, fields: tuple[SentField, ...], fault: str
) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        campaign(organization, *fields)
    assert list(refusal.value.errors) == ["back_fields"]
    assert refusal.value.errors["back_fields"][0].startswith(fault)


def test_defaults_are_kept_as_values_are_and_plain_texts_as_they_came(organization: Organization) -> None:
    of = campaign(
        organization,
        asked("phone", DataType.PHONE, value="912 345 678"),
        asked("news", DataType.BOOLEAN, value="false"),
        asked("text", value=" \t x "),
        country="PT",
    )
    assert said(of, issue(of)) == {"phone": "+351912345678", "news": "No", "text": " \t x "}
    change(of, description="a field that is not sent is not looked at")
