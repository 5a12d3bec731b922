"""A field of a campaign as a question of the form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from passwright.interfaces.public.words import _, first_sentence, said, several
from passwright.operations.distinct_values import TAKEN_ALREADY
from passwright.passes.answers import Fault, longest_answer
from passwright.passes.content import DataType, Field
from passwright.passes.places import read_places

CONTROLS = {
    DataType.MULTILINE: "area",
    DataType.BOOLEAN: "choices",
    DataType.IMAGE: "picture",
    DataType.LOCATIONS: "place",
}
"""All else is an input of one line, or a list to choose from."""
TYPES = {
    DataType.DATE: "date",
    DataType.DATETIME: "datetime-local",
    DataType.EMAIL: "email",
    DataType.PHONE: "tel",
    DataType.URL: "url",
}
INPUT_MODES = {DataType.NUMBER: "decimal", DataType.CURRENCY: "decimal"}
AUTOCOMPLETE = {DataType.EMAIL: "email", DataType.PHONE: "tel", DataType.URL: "url"}
WITHOUT_LENGTH = frozenset({DataType.DATE, DataType.DATETIME, DataType.BOOLEAN, DataType.IMAGE, DataType.LOCATIONS})
"""What is picked has one length."""
MOST_RADIOS = 6
"""Answers that are seen at once; more of them make a list that opens."""
CHECKBOX = "checkbox"
"""``format`` of a switch that is ticked, such as a consent: required means that it has to be."""
CURRENCY_CODE = re.compile(r"[A-Z]{3}")

SENTENCES = {
    DataType.NUMBER: Fault("{answer} is not a number. Type digits, with a point before decimals: 12.50."),
    DataType.CURRENCY: Fault("{answer} is not a number. Type digits, with a point before decimals: 12.50."),
    DataType.EMAIL: Fault("{answer} is not a whole e-mail address. Type it as ada@example.com."),
    DataType.PHONE: Fault("{answer} is not a phone number. Type its digits: +33 4 72 00 10 20."),
    DataType.URL: Fault("{answer} is not a whole web address. Type it as https://example.com."),
    DataType.DATE: Fault("The date is not complete. Choose year, month and day."),
    DataType.DATETIME: Fault("The date is not complete. Choose year, month, day and time."),
    DataType.LOCATIONS: Fault("This is not a place. Type two coordinates such as 38.72, -9.14."),
}
"""What the browser says before anything is sent (form.js); the sentences of `passes.answers` where it has them."""
NOT_FILLED_IN = Fault("The answer is missing. Fill it in.")
MISSING = {
    "choices": Fault("The answer is missing. Choose one."),
    "list": Fault("The answer is missing. Choose one."),
    "tick": Fault("The box is empty. Tick it."),
    "picture": Fault("The picture is missing. Choose one."),
}
"""The same of what is not filled in but picked."""
GIVEN_BEFORE = Fault("Somebody has given this answer here before. Give another one.")
"""To people, of what is `TAKEN_ALREADY` to programs."""
TOO_LONG = Fault("The answer has {number:,} characters, {most:,} fit. Shorten it.")


class Option(Struct, frozen=True, kw_only=True):
    """One answer to choose. An empty value is none."""

    id: str
    value: str
    text: str
    chosen: bool


class Checks(Struct, frozen=True, kw_only=True):
    """What the browser says by itself, with ``{answer}``, ``{number}`` and ``{most}`` still in it."""

    kind: str
    missing: str
    wrong: str
    long: str


class Question(Struct, frozen=True, kw_only=True):
    """One question of the form, with what was answered and what is wrong with it."""

    id: str
    name: str
    label: str
    help: str
    required: bool
    control: str
    type: str
    inputmode: str
    autocomplete: str
    limit: int | None
    unit: str
    options: tuple[Option, ...]
    value: str
    errors: tuple[str, ...]
    error_in_summary: str
    """What is wrong, as the rest of a line that begins with the label; the cure stands at the question."""
    lost: bool
    """A picture that was chosen and is not kept."""
    checks: Checks

    @property
    def error(self) -> bool:
        return bool(self.errors)

    @property
    def subject(self) -> str:
        """The label as the beginning of a line."""
        return self.label.rstrip(" .:?!…") or self.label

    @property
    def target(self) -> str:
        """Where a link to the question leads: to what can have the focus."""
        return self.options[0].id if self.control == "choices" else self.id

    @property
    def described_by(self) -> str:
        """The ids of what else is to be heard of the input."""
        parts = (self.help, "help"), (self.error, "error"), (self.lost, "lost"), (self.unit, "unit")
        return " ".join(f"{self.id}-{part}" for there, part in parts if there)


def input_name(key: str) -> str:
    return f"field-{key}"


def questions(
    fields: Iterable[Field],
    answers: Mapping[str, str] | None = None,
    faults: Mapping[str, tuple[Fault, ...]] | None = None,
) -> list[Question]:
    """The form's questions, prefilled with the answers, or with the fields' defaults before anybody answered."""
    return [
        question(number, field, field.value or "" if answers is None else answers.get(field.key, ""), faults or {})
        for number, field in enumerate(fields)
    ]


def question(number: int, field: Field, value: str, faults: Mapping[str, tuple[Fault, ...]]) -> Question:
    identity, control = f"question-{number}", control_of(field)
    wrong = tuple(said_here(fault, field, control) for fault in faults.get(field.key, ()))
    return Question(
        id=identity,
        name=input_name(field.key),
        label=(field.label or "").strip() or field.key,
        help=(field.help or "").strip(),
        required=field.required is not False,
        control=control,
        type=TYPES.get(field.data_type, "text"),
        inputmode=INPUT_MODES.get(field.data_type, ""),
        autocomplete=AUTOCOMPLETE.get(field.data_type, ""),
        limit=None if field.data_type in WITHOUT_LENGTH else longest_answer(field),
        unit=unit_of(field),
        options=options_of(field, control, identity, value),
        value="" if control == "picture" else shown_value(field, value),
        errors=tuple(sentence(fault) for fault in wrong),
        error_in_summary=first_sentence(_(wrong[0].template), **wrong[0].words) if wrong else "",
        lost=control == "picture" and bool(value) and bool(faults) and not wrong,
        checks=checks_of(field, control),
    )


def said_here(fault: Fault, field: Field, control: str) -> Fault:
    """What people are told of what is wrong, where that is not what programs are told."""
    if fault == NOT_FILLED_IN:
        return MISSING.get(control, NOT_FILLED_IN)
    if field.data_type is DataType.LOCATIONS:
        return SENTENCES[DataType.LOCATIONS]
    return GIVEN_BEFORE if fault == TAKEN_ALREADY else fault


def control_of(field: Field) -> str:
    """Which control the page draws: ``line``, ``area``, ``choices``, ``list``, ``tick``, ``picture`` or ``place``."""
    if field.data_type is DataType.BOOLEAN and field.format == CHECKBOX:
        return "tick"
    if field.data_type is DataType.CHOICE and field.choices:
        return "choices" if len(field.choices) <= MOST_RADIOS else "list"
    return CONTROLS.get(field.data_type, "line")


def options_of(field: Field, control: str, identity: str, value: str) -> tuple[Option, ...]:
    """The answers of a choice in its own words, of a switch in the page's. What need not be answered can be left."""
    if control not in ("choices", "list", "tick"):
        return ()
    offered = [(choice, choice) for choice in field.choices]
    if field.data_type is DataType.BOOLEAN:
        offered = [("Yes", _("Yes")), ("No", _("No"))][: 1 if control == "tick" else 2]
    if control == "choices" and field.required is False:
        offered.append(("", _("No answer")))
    return tuple(
        Option(id=f"{identity}-{number}", value=answer, text=text, chosen=answer == value)
        for number, (answer, text) in enumerate(offered)
    )


def unit_of(field: Field) -> str:
    """The currency of an amount, which stands beside it."""
    code = field.format or ""
    return code if field.data_type is DataType.CURRENCY and CURRENCY_CODE.fullmatch(code) else ""


def checks_of(field: Field, control: str) -> Checks:
    wrong = SENTENCES.get(field.data_type)
    return Checks(
        kind=field.data_type.value,
        missing=_(MISSING.get(control, NOT_FILLED_IN).template),
        wrong=_(wrong.template) if wrong else "",
        long=_(TOO_LONG.template) if field.data_type not in WITHOUT_LENGTH else "",
    )


def shown_value(field: Field, value: str) -> str:
    """What is kept, as one types it: of a point its coordinates."""
    near = read_places(value).near if field.data_type is DataType.LOCATIONS else None
    return f"{near.latitude}, {near.longitude}" if near else value


def sentence(fault: Fault) -> str:
    """What is wrong and what to do, in the page's language."""
    return said(_(fault.template), **fault.words)


def errors_heading(number: int) -> str:
    return several("One answer needs a look.", "{number} answers need a look.", number)
