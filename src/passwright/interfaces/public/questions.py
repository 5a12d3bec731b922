"""A field of a campaign as a question of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from passwright.interfaces.public.words import counted
from passwright.passes.answers import longest_answer
from passwright.passes.content import DataType, Field

CONTROLS = {
    DataType.MULTILINE: "area",
    DataType.BOOLEAN: "yes-or-no",
    DataType.DATE: "date",
    DataType.DATETIME: "datetime-local",
    DataType.EMAIL: "email",
    DataType.PHONE: "tel",
    DataType.URL: "url",
}
INPUT_MODES = {DataType.NUMBER: "decimal", DataType.CURRENCY: "decimal"}
AUTOCOMPLETE = {DataType.EMAIL: "email", DataType.PHONE: "tel", DataType.URL: "url"}
WITHOUT_LENGTH = frozenset({DataType.DATE, DataType.DATETIME})
"""Pickers, whose answers have one length."""


class Question(Struct, frozen=True, kw_only=True):
    """One input of the form, with what was typed and what is wrong with it."""

    id: str
    name: str
    label: str
    required: bool
    control: str
    inputmode: str
    autocomplete: str
    limit: int | None
    value: str
    error: str | None = None

    @property
    def error_in_summary(self) -> str:
        """What is wrong, as the rest of a sentence that began with the label; the cure stands at the field."""
        sentence = (self.error or "").partition(". ")[0]
        return sentence[:1].lower() + sentence[1:].rstrip(".")


def input_name(key: str) -> str:
    return f"field-{key}"


def questions(
    fields: Iterable[Field], answers: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> list[Question]:
    """The form's inputs, prefilled with the answers, or with the fields' defaults before anybody answered."""
    return [
        question(number, field, field.value or "" if answers is None else answers.get(field.key, ""), errors or {})
        for number, field in enumerate(fields)
    ]


def question(number: int, field: Field, value: str, errors: Mapping[str, str]) -> Question:
    return Question(
        id=f"question-{number}",
        name=input_name(field.key),
        label=(field.label or "").strip() or field.key,
        required=field.required is not False,
        control=CONTROLS.get(field.data_type, "text"),
        inputmode=INPUT_MODES.get(field.data_type, ""),
        autocomplete=AUTOCOMPLETE.get(field.data_type, ""),
        limit=None if field.data_type in WITHOUT_LENGTH else longest_answer(field),
        value=value,
        error=errors.get(field.key),
    )


def errors_heading(number: int) -> str:
    return f"{counted(number)} answer{'s need' if number > 1 else ' needs'} a look."
