"""What people type, checked by the type of its field."""

from __future__ import annotations

import pytest

from passwright.passes.answers import fault_of, longest_answer
from passwright.passes.content import DataType, Field, Position

RIGHT = [
    (DataType.TEXT, "Ada 😀 Moreau"),
    (DataType.MULTILINE, "one\ntwo"),
    (DataType.CHOICE, "Whatever it lists"),
    (DataType.NUMBER, "12"),
    (DataType.NUMBER, "-0.5"),
    (DataType.CURRENCY, "12.40"),
    (DataType.EMAIL, " ada.moreau+toys@mail.example.org "),
    (DataType.EMAIL, "jörg@müller.example"),
    (DataType.PHONE, "+33 4 72 00 10 20"),
    (DataType.PHONE, "(020) 7946-0018"),
    (DataType.URL, "https://example.com/a?b=c#d"),
    (DataType.URL, "http://例え.jp"),
    (DataType.DATE, "2028-02-29"),
    (DataType.DATETIME, "2026-11-22T18:30"),
    (DataType.DATETIME, "2026-11-22 18:30:15"),
    (DataType.BOOLEAN, "Yes"),
    (DataType.BOOLEAN, "No"),
]
WRONG = [
    (DataType.NUMBER, "12,5", "“12,5” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.CURRENCY, "€12", "“€12” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.NUMBER, "１２", "“１２” is not a number. Type digits, with a point before decimals: 12.50."),
    (DataType.EMAIL, "ada@example", "“ada@example” is not a whole e-mail address. Type it as ada@example.com."),
    (DataType.EMAIL, "a b@x.org", "“a b@x.org” is not a whole e-mail address. Type it as ada@example.com."),
    (DataType.PHONE, "call me", "“call me” is not a phone number. Type its digits: +33 4 72 00 10 20."),
    (DataType.PHONE, "12", "“12” is not a phone number. Type its digits: +33 4 72 00 10 20."),
    (DataType.URL, "example.com", "“example.com” is not a whole web address. Type it as https://example.com."),
    (DataType.URL, "http://[", "“http://[” is not a whole web address. Type it as https://example.com."),
    (DataType.URL, "javascript:a.b", "“javascript:a.b” is not a whole web address. Type it as https://example.com."),
    (DataType.DATE, "22.11.2026", "“22.11.2026” is not a date. Type year, month and day: 2026-11-22."),
    (DataType.DATE, "2027-02-29", "February 2027 has 28 days. Choose a day up to the 28th."),
    (DataType.DATE, "2027-01-32", "January 2027 has 31 days. Choose a day up to the 31st."),
    (DataType.DATE, "2027-01-00", "January 2027 has 31 days. Choose a day up to the 31st."),
    (DataType.DATE, "2027-13-01", "There is no month 13. Type year, month and day: 2026-11-22."),
    (DataType.DATE, "0000-01-01", "There was no year 0000. Type year, month and day: 2026-11-22."),
    (DataType.DATETIME, "2026-11-22", "“2026-11-22” is not a date and a time. Type 2026-11-22 18:30."),
    (DataType.DATETIME, "2026-11-22 24:00", "“2026-11-22 24:00” is not a date and a time. Type 2026-11-22 18:30."),
    (DataType.DATETIME, "2027-02-29T10:00", "February 2027 has 28 days. Choose a day up to the 28th."),
    (DataType.BOOLEAN, "perhaps", "“perhaps” is not one of the answers. Choose Yes or No."),
    (DataType.TEXT, "a\x00b", "The answer holds a character that cannot be shown. Type it again."),
    (DataType.TEXT, "x" * 201, "The answer has 201 characters, 200 fit. Shorten it."),
    (DataType.MULTILINE, "x" * 2001, "The answer has 2,001 characters, 2,000 fit. Shorten it."),
    (DataType.TEXT, " \t", "The answer is missing. Fill it in."),
]  # fmt: skip


def field(data_type: DataType, *, required: bool | None = None) -> Field:
    return Field(key="f", position=Position.BACK, data_type=data_type, required=required)


@pytest.mark.parametrize(("data_type", "answer"), RIGHT)
def test_answers_that_read_as_their_type_are_taken(data_type: DataType, answer: str) -> None:
    assert fault_of(field(data_type), answer) is None


@pytest.mark.parametrize(("data_type", "answer", "sentence"), WRONG, ids=range(len(WRONG)))
def test_others_are_told_what_to_type(data_type: DataType, answer: str, sentence: str) -> None:
    assert fault_of(field(data_type), answer) == sentence


@pytest.mark.parametrize("data_type", list(DataType))
def test_what_is_optional_may_be_left_open_in_every_type(data_type: DataType) -> None:
    assert fault_of(field(data_type, required=False), "  ") is None
    assert fault_of(field(data_type), "") is not None


def test_a_sentence_repeats_no_more_than_it_has_to() -> None:
    fault = fault_of(field(DataType.NUMBER), "n" * longest_answer(field(DataType.NUMBER)))
    assert fault is not None
    assert len(fault) < 140
