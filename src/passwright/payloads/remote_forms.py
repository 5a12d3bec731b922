"""What the remote form of a campaign asks for, and what it sends: a flat object of keys and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passwright.operations.pass_content import PassWanted
from passwright.passes.answers import read_value
from passwright.passes.content import Behaviour, Field, Revision
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
    has it, a blank one empties it, unless every door insists on the field. One that is there has to read as the type
    of its field, of any length.

    Raises:
        ValidationFailed: naming every key whose answer cannot be read.
    """
    asked = {field.key: field for field in form_fields(revision) if field.behaviour is Behaviour.DYNAMIC}
    parts = Sent({name: sent[name] for name in PARTS if name in sent and is_part(sent[name], asked.get(name))})
    answers = Sent({key: sent[key] for key in asked if key in sent and key not in parts}, errors=parts.errors)
    wanted = PassWanted(
        values=read_answers(answers, asked, revision.country),
        values_name="",
        locations=locations(parts, of_campaign=False),
        beacons=beacons(parts),
        barcode=barcode(parts, v1=v1),
        barcodes=barcodes(parts),
    )
    parts.check()
    return wanted


def read_answers(answers: Sent, asked: Mapping[str, Field], country: str | None) -> dict[str, Any]:
    """What is kept of each; what is wrong goes to the errors, with all else that is."""
    read: dict[str, Any] = {}
    for key, sent in answers.attributes.items():
        value = None if sent is None else read_value(asked[key], sent, country=country)
        if isinstance(value, str):
            read[key] = value
        for fault in value if isinstance(value, tuple) else ():
            answers.refuse(key, str(fault))
    return read


def is_part(value: Any, field: Field | None) -> bool:
    """Whether a value under a part's name is the part, where the campaign asks for a field of the same name too: a
    field's answer is never an object or a list."""
    return field is None or isinstance(value, dict | list)
