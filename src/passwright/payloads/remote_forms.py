"""What the remote form of a campaign asks for, and what it sends: a flat object of keys and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UnsetType

from passwright.operations.pass_content import PassWanted
from passwright.passes.answers import type_fault
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Field, Revision
from passwright.payloads.content import barcodes, beacons, locations
from passwright.payloads.passes import barcode
from passwright.payloads.values import Sent

PARTS = ("locations", "beacons", "barcode", "barcodes")
"""What a submission says of the pass beside its fields."""


def form_fields(revision: Revision) -> tuple[Field, ...]:
    """The fields that a form knows, in reading order: not what is for staff alone or made by itself."""
    return tuple(field for field in revision.fields if not field.admin_only and not field.generated)


def read_submission(sent: Mapping[str, Any], revision: Revision, *, v1: bool) -> PassWanted:
    """The pass that the form asks for: answers for dynamic fields, and the parts. What else was sent is ignored.

    The remote site rules what has to be answered: an answer that is missing or null leaves the field as the campaign
    has it, a blank one empties it. One that is there has to read as the type of its field, of any length.

    Raises:
        ValidationFailed: naming every key whose answer cannot be read.
    """
    asked = {field.key: field for field in form_fields(revision) if field.behaviour is Behaviour.DYNAMIC}
    parts = Sent({name: sent[name] for name in PARTS if name in sent and is_part(sent[name], asked.get(name))})
    answers = Sent({key: sent[key] for key in asked if key in sent and key not in parts}, errors=parts.errors)
    wanted = PassWanted(
        fields=tuple(answer for key in answers.attributes if (answer := read_answer(answers, asked[key]))),
        locations=locations(parts, of_campaign=False),
        beacons=beacons(parts),
        barcode=barcode(parts, v1=v1),
        barcodes=barcodes(parts),
    )
    parts.check()
    return wanted


def is_part(value: Any, field: Field | None) -> bool:
    """Whether a value under a part's name is the part, where the campaign asks for a field of the same name too: a
    field's answer is never an object or a list."""
    return field is None or isinstance(value, dict | list)


def read_answer(answers: Sent, field: Field) -> SentField | None:
    text = yes_or_no(answers, field) if field.data_type is DataType.BOOLEAN else answers.text(field.key)
    if not isinstance(text, str):
        return None
    answer = text.replace("\r\n", "\n").strip()
    if answer and (fault := type_fault(field, answer)):
        answers.refuse(field.key, fault)
    return SentField(key=field.key, position=field.position, value=answer)


def yes_or_no(answers: Sent, field: Field) -> str | UnsetType | None:
    """``true`` and ``false`` are what the form of our own page calls Yes and No."""
    value = answers.raw(field.key)
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else answers.text(field.key)
