"""What people type, checked by the type of its field."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passwright.passes.answers import (
    ALPHABET,
    LONGEST,
    compared,
    generated_length,
    generated_value,
    has_rules,
    holder_writes,
    longest_answer,
    read_value,
    self_service_obstacles,
)
from passwright.passes.content import Behaviour, DataType, Field, Look, Position, Revision, Style
from passwright.passes.places import read_places

ASSET = "0190b3c4-5d6e-4f70-8a9b-0c1d2e3f4a5b"
RIGHT: list[tuple[DataType, Any, str]] = [
    (DataType.TEXT, "  Ada 😀 Moreau\r\n", "Ada 😀 Moreau"),
    (DataType.TEXT, 12, "12"),
    (DataType.TEXT, 0.00001, "0.00001"),
    (DataType.TEXT, None, ""),
    (DataType.MULTILINE, "one\r\ntwo\t", "one\ntwo"),
    (DataType.CHOICE, "Whatever it lists", "Whatever it lists"),
    (DataType.NUMBER, "12", "12"),
    (DataType.NUMBER, -0.5, "-0.5"),
    (DataType.NUMBER, " 1.50 ", "1.50"),
    (DataType.CURRENCY, "12.40", "12.40"),
    (DataType.CURRENCY, 1e2, "100.0"),
    (DataType.EMAIL, " ada.moreau+toys@Mail.Example.org ", "ada.moreau+toys@mail.example.org"),
    (DataType.EMAIL, "jörg@müller.example", "jörg@müller.example"),
    (DataType.EMAIL, "jörg@xn--mller-kva.example", "jörg@müller.example"),
    (DataType.PHONE, "+33 4 72 00 10 20", "+33472001020"),
    (DataType.PHONE, "tel:+44-20-7946-0018", "+442079460018"),
    (DataType.URL, "https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
    (DataType.URL, "http://例え.jp", "http://例え.jp"),
    (DataType.DATE, "2028-02-29", "2028-02-29"),
    (DataType.DATETIME, "2026-11-22T18:30", "2026-11-22T18:30"),
    (DataType.DATETIME, "2026-11-22 18:30:15", "2026-11-22T18:30:15"),
    (DataType.DATETIME, "2026-11-22 18:30+01:00", "2026-11-22T18:30+01:00"),
    (DataType.DATETIME, "2026-11-22T18:30:00Z", "2026-11-22T18:30:00Z"),
    (DataType.BOOLEAN, "Yes", "Yes"),
    (DataType.BOOLEAN, "no", "No"),
    (DataType.BOOLEAN, True, "Yes"),
    (DataType.BOOLEAN, "false", "No"),
    (DataType.IMAGE, ASSET.upper(), ASSET),
    (DataType.LOCATIONS, "38.72,-9.14", '{"near":{"latitude":38.72,"longitude":-9.14}}'),
    (DataType.LOCATIONS, [{"latitude": 1, "longitude": "2"}], '[{"latitude":1.0,"longitude":2.0}]'),
    (DataType.LOCATIONS, [], ""),
    (DataType.LOCATIONS, " ", ""),
]
WRONG = [
    (DataType.NUMBER, "12,5", "“12,5” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.CURRENCY, "€12", "“€12” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.NUMBER, "１２", "“１２” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.EMAIL, "ada@example", "“ada@example” is not a whole e-mail address. Type it as ada@example.com."),
    (DataType.EMAIL, "a b@x.org", "“a b@x.org” is not a whole e-mail address. Type it as ada@example.com."),
    (DataType.PHONE, "call me", "“call me” is not a phone number. Type its digits: +33 4 72 00 10 20."),
    (DataType.PHONE, "+33 4 72", "“+33 4 72” is not a phone number. Type its digits: +33 4 72 00 10 20."),
    (DataType.PHONE, "12", "“12” does not say its country. Type it with + and the country: +33 4 72 00 10 20."),
    (DataType.URL, "example.com", "“example.com” is not a whole web address. Type it as https://example.com."),
    (DataType.URL, "http://[", "“http://[” is not a whole web address. Type it as https://example.com."),
    (DataType.URL, "javascript:a.b", "“javascript:a.b” is not a whole web address. Type it as https://example.com."),
    (DataType.DATE, "22.11.2026", "“22.11.2026” is not a date. Type year, month and day: 2026-11-22."),
    (DataType.DATE, "2027-02-29", "2027-02 has 28 days. Choose one from 1 to 28."),
    (DataType.DATE, "2027-01-32", "2027-01 has 31 days. Choose one from 1 to 31."),
    (DataType.DATE, "2027-01-00", "2027-01 has 31 days. Choose one from 1 to 31."),
    (DataType.DATE, "2027-13-01", "There is no month 13. Type year, month and day: 2026-11-22."),
    (DataType.DATE, "0000-01-01", "There was no year 0000. Type year, month and day: 2026-11-22."),
    (DataType.DATETIME, "2026-11-22", "“2026-11-22” is not a date and a time. Type 2026-11-22 18:30."),
    (DataType.DATETIME, "2026-11-22 24:00", "“2026-11-22 24:00” is not a date and a time. Type 2026-11-22 18:30."),
    (DataType.DATETIME, "2027-02-29T10:00", "2027-02 has 28 days. Choose one from 1 to 28."),
    (DataType.BOOLEAN, "perhaps", "“perhaps” is not one of the answers. Choose Yes or No."),
    (DataType.TEXT, "a\x00b", "The answer holds a character that cannot be shown. Type it again."),
    (DataType.TEXT, "x" * 201, "The answer has 201 characters, 200 fit. Shorten it."),
    (DataType.MULTILINE, "x" * 2001, "The answer has 2,001 characters, 2,000 fit. Shorten it."),
    (DataType.TEXT, "a\x85b", "The answer holds a character that cannot be shown. Type it again."),
    (DataType.TEXT, True, "The answer must be a text."),
    (DataType.NUMBER, True, "The answer must be a text."),
    (DataType.NUMBER, float("inf"), "The answer must be a text."),
    (DataType.NUMBER, 10**16, "“10000000000000000” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.EMAIL, {"at": "home"}, "The answer must be a text."),
    (DataType.IMAGE, "me.png", "“me.png” is not the id of a picture. Upload one and send its id."),
    (DataType.LOCATIONS, 5, "This is not a place. Send two coordinates such as 38.72,-9.14, or a list of places."),
    (DataType.URL, "https://example.com:99999", "“https://example.com:99999” is not a whole web address. Type it as https://example.com."),
]  # fmt: skip


def field(data_type: DataType, **parts: Any) -> Field:
    return Field(key="f", position=Position.BACK, data_type=data_type, **parts)


def sentences(field: Field, sent: Any, **rules: Any) -> list[str]:
    read = read_value(field, sent, **rules)
    return [str(fault) for fault in read] if isinstance(read, tuple) else []


@pytest.mark.parametrize(("data_type", "sent", "kept"), RIGHT, ids=range(len(RIGHT)))
def test_what_reads_as_its_type_is_kept(data_type: DataType, sent: Any, kept: str) -> None:
    assert read_value(field(data_type), sent) == kept
    assert read_value(field(data_type), kept) == kept


@pytest.mark.parametrize(("data_type", "sent", "sentence"), WRONG, ids=range(len(WRONG)))
def test_other_things_are_told_what_to_type(data_type: DataType, sent: Any, sentence: str) -> None:
    assert sentences(field(data_type), sent, longest=longest_answer(field(data_type))) == [sentence]


def test_an_issuer_says_more_than_fits_a_form() -> None:
    assert read_value(field(DataType.TEXT), "x" * LONGEST) == "x" * LONGEST
    assert sentences(field(DataType.TEXT), "x" * (LONGEST + 1)) == [
        "The answer has 65,536 characters, 65,535 fit. Shorten it."
    ]


@pytest.mark.parametrize(("country", "kept"), [("GB", "+442079460018"), ("PT", None), (None, None), ("XX", None)])
def test_a_phone_number_without_a_country_is_one_of_the_campaigns(country: str | None, kept: str | None) -> None:
    read = read_value(field(DataType.PHONE), "020 7946 0018", country=country)
    assert read == kept if kept else isinstance(read, tuple)


def test_a_choice_is_one_of_those_that_there_are() -> None:
    trucks = field(DataType.CHOICE, choices=("Trucks", "Dolls"))
    assert read_value(trucks, " Trucks ") == "Trucks"
    assert sentences(trucks, "trucks") == ["“trucks” is not one of the answers. Choose one of these: Trucks, Dolls"]
    many = field(DataType.CHOICE, choices=tuple(f"n{number}" for number in range(500)))
    assert sentences(many, "x")[0].endswith("n6, n7, …")


def test_a_sentence_repeats_no_more_than_it_has_to() -> None:
    (sentence,) = sentences(field(DataType.NUMBER), "n" * LONGEST)
    assert len(sentence) < 140


TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "+351 912 345 678",
        "00351912345678",
        "0 20-7946/0018",
        "a@b.example",
        "2027-02-30",
        "2026-11-22 24:00",
        "1e5",
        "-0",
    ]
)
PHONES = st.text(alphabet="0123456789+ ()-/x;=tel:#*", max_size=24)
MAILS = st.builds("{}@{}.{}".format, st.text(max_size=8), st.text(min_size=1, max_size=8), st.text(max_size=6))
PLACES = st.dictionaries(
    st.sampled_from(["latitude", "longitude", "near", "name", "altitude", "relevant_text", "x"]),
    st.floats() | st.integers() | TEXTS | st.none(),
    max_size=5,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | PHONES | MAILS | PLACES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=3_000, deadline=None)
@given(st.sampled_from(DataType), JSON, st.sampled_from([None, "PT", "US", "IT", "DE", "XX"]))
def test_whatever_is_sent_reads_or_is_refused_and_what_is_kept_reads_as_itself(
    data_type: DataType, sent: Any, country: str | None
) -> None:
    asked = field(data_type, choices=("a", "b") if data_type is DataType.CHOICE else ())
    kept = read_value(asked, sent, country=country)
    if isinstance(kept, str):
        assert read_value(asked, kept, country=country) == kept
        assert read_value(asked, kept) == kept, "whatever becomes of the campaign's country"
        if data_type is DataType.LOCATIONS and kept:
            assert read_places(kept).near or read_places(kept).locations
    else:
        assert all(str(fault) for fault in kept)
        assert kept


@settings(max_examples=1_000, deadline=None)
@given(PHONES, st.sampled_from([None, "PT", "US", "IT", "AR"]))
def test_a_phone_number_that_is_kept_reads_as_itself(sent: str, country: str | None) -> None:
    kept = read_value(field(DataType.PHONE), sent, country=country)
    assert isinstance(kept, tuple) or read_value(field(DataType.PHONE), kept) == kept


def test_generated_values_have_no_look_alikes_and_the_length_that_was_asked_for() -> None:
    choose = random.Random(1).choice
    assert generated_value(field(DataType.TEXT, generated=True), lambda signs: signs[0]) == "3333333333"
    for length in (4, 64):
        made = generated_value(field(DataType.TEXT, format=str(length)), choose)
        assert len(made) == length
        assert set(made) <= set(ALPHABET)
    assert not set(ALPHABET) & set("01258OILZSB") - {"B", "8"}
    number = generated_value(field(DataType.NUMBER, format="15"), choose)
    assert read_value(field(DataType.NUMBER), number) == number
    assert len(number) == 15


@pytest.mark.parametrize(
    ("data_type", "format_", "length"),
    [
        ("text", None, 10),
        ("text", " 64 ", 64),
        ("text", "3", None),
        ("text", "65", None),
        ("number", "16", None),
        ("number", "EUR", None),
        ("text", "-5", None),
        ("text", "٤", None),
    ],
)
def test_the_length_of_a_generated_value(data_type: str, format_: str | None, length: int | None) -> None:
    assert generated_length(field(DataType(data_type), format=format_)) == length


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Ada", " ADA ", True), ("straße", "STRASSE", True), ("José", "José", True), ("Ada", "Ada2", False)],
)
def test_distinct_values_are_compared_without_case_and_space(one: str, other: str, same: bool) -> None:
    assert (compared(one) == compared(other)) is same


DYNAMIC: dict[str, Any] = {"behaviour": Behaviour.DYNAMIC}


def test_a_holder_writes_what_he_is_asked_for() -> None:
    assert holder_writes(field(DataType.TEXT, **DYNAMIC))
    assert not holder_writes(field(DataType.TEXT))
    for kept_back in ("admin_only", "hidden", "generated"):
        assert not holder_writes(field(DataType.TEXT, **DYNAMIC, **{kept_back: True}))


def test_only_some_fields_have_rules() -> None:
    assert not has_rules([field(DataType.TEXT), field(DataType.TEXT, required=False, admin_only=True, **DYNAMIC)])
    for rule in ({"required": True}, {"generated": True}, {"distinct": True}):
        assert has_rules([field(DataType.TEXT), field(DataType.TEXT, **rule)])
    assert has_rules([field(DataType.NUMBER)])


def revision(*fields: Field) -> Revision:
    parts: dict[str, Any] = dict.fromkeys(("name", "organization_name", "description"), "x")
    return Revision(epoch=1, style=Style.GENERIC, look=Look(), fields=fields, **parts)


def test_what_no_visitor_can_give_keeps_him_from_a_pass_of_his_own() -> None:
    staff: dict[str, Any] = {"required": True, "admin_only": True, **DYNAMIC}
    (obstacle,) = self_service_obstacles(revision(field(DataType.TEXT, **staff)))
    assert str(obstacle).startswith("“f” is required, and nobody but the issuer can fill it in. Give it a default")
    assert not self_service_obstacles(
        revision(
            field(DataType.TEXT, value="x", **staff),
            field(DataType.TEXT, generated=True, **staff),
            field(DataType.TEXT, **{**staff, "required": None}),
            field(DataType.TEXT, **{**staff, "admin_only": False}),
            field(DataType.TEXT, **{**staff, "behaviour": Behaviour.FIXED}),
        )
    )
