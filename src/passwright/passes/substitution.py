"""``${key}``: texts of a campaign with what the pass's own fields say put in.

What a campaign says is filled in, what a pass says by itself is put in as it is and never looked at again: whatever a
holder types, it stays what he typed. Nothing is put in twice, and ``$${`` writes ``${``.

>>> filled("Dear ${name}, ${greeting}!", {"name": "${greeting}", "greeting": "hello"}.get)
'Dear ${greeting}, hello!'
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from passwright.passes.content import Barcode, Beacon, DataType, Field, Location, Look, PassState, Revision
from passwright.passes.words import NOT_TEXT, spoken

OPENING = "${"
REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]+)\}")

SERIAL_NUMBER = "pass.serial_number"
REDEEM_CODE = "pass.redeem_code"
RESERVED = frozenset({SERIAL_NUMBER, REDEEM_CODE})
"""Not fields: what a pass has by itself, shown only where a campaign asks for it."""

MOST_PUT_IN = 256 * 1024
"""Characters that one pass has put into its texts. A text of some kilobytes can ask a thousand times for another; what
goes beyond stays as it is written."""

Lookup = Callable[[str], str | None]
Escape = Callable[[str], str]


class Plan(Struct, frozen=True, kw_only=True):
    """What of a revision is another on each pass, beside its fields: texts to fill in, and places."""

    fields: Mapping[str, Field]
    """Those of the campaign with such a text, by key."""
    places: frozenset[str]
    """The keys of fields that say the places of a pass."""
    look: bool
    codes: bool
    scanned: bool
    """Whether what a reader reads is filled in, be it a code's message or the value of the field that gives it."""
    locations: bool
    beacons: bool


PLANS: dict[int, tuple[weakref.ref[Revision], Plan | None]] = {}
"""By the revision's id, for as long as the revision is there: a revision is read once and shown by all its passes."""

kept_plan = PLANS.get


def plan_of(revision: Revision) -> Plan | None:
    """None where all passes have the same, which costs one look."""
    found = kept_plan(id(revision))
    if found is not None and found[0]() is revision:
        return found[1]
    place, plan = id(revision), made_plan(revision)
    PLANS[place] = weakref.ref(revision, lambda gone: forget(place, gone)), plan
    return plan


def forget(place: int, gone: weakref.ref[Revision]) -> None:
    """Another revision may have got the place meanwhile."""
    if (found := PLANS.get(place)) and found[0] is gone:
        PLANS.pop(place, None)


def made_plan(revision: Revision) -> Plan | None:
    plan = Plan(
        fields={field.key: field for field in revision.fields if any(map(has_reference, texts(field)))},
        places=frozenset(field.key for field in revision.fields if field.data_type is DataType.LOCATIONS),
        look=has_reference(revision.look.logo_text),
        codes=any(map(has_reference, code_texts(revision))),
        scanned=any(has_reference(text) for text in (revision.code_fixed_value, *scanned_texts(revision))),
        locations=any(has_reference(place.relevant_text) for place in revision.locations),
        beacons=any(has_reference(beacon.relevant_text) for beacon in revision.beacons),
    )
    needed = plan.fields or plan.places or plan.look or plan.codes or plan.locations or plan.beacons
    return plan if needed else None


def texts(field: Field) -> tuple[str | None, ...]:
    return (None if field.data_type in NOT_TEXT else field.value), field.label, field.change_message


def codes(revision: Revision) -> tuple[Barcode, ...]:
    return (*((revision.barcode,) if revision.barcode else ()), *revision.barcodes)


def code_texts(revision: Revision) -> Iterator[str | None]:
    yield revision.code_fixed_value
    for code in codes(revision):
        yield code.message
        yield code.alt_text


def scanned_texts(revision: Revision) -> Iterator[str | None]:
    yield from (code.message for code in codes(revision))
    yield from (field.value for field in revision.fields if field.use_as_barcode)


def has_reference(text: str | None) -> bool:
    return text is not None and OPENING in text


def filled(text: str, lookup: Lookup, escape: Escape | None = None) -> str:
    """The text with what it refers to put in; what nobody knows stays as it is written."""

    def put_in(found: re.Match[str]) -> str:
        if found[1] is None:
            return OPENING
        words = lookup(found[1])
        if words is None:
            return found[0]
        return words if escape is None else escape(words)

    return REFERENCE.sub(put_in, text)


def filled_address(text: str, lookup: Lookup) -> str:
    """Of a web address: what is put in behind its beginning is one word of it, whatever signs it has."""
    start = REFERENCE.match(text)
    if start is None or start[1] is None:
        return filled(text, lookup, escape_part)
    return filled(start[0], lookup) + filled(text[start.end() :], lookup, escape_part)


def escape_part(words: str) -> str:
    return quote(words, safe="")


def escape_percent(words: str) -> str:
    """For a change message, in which a percent sign begins a code."""
    return words.replace("%", "%%")


class Words:
    """What a pass can put in: each field's value in the language of the campaign, hidden ones too, and what the pass
    has by itself."""

    def __init__(self, fields: Iterable[Field], state: PassState, language: str) -> None:
        self.of = tuple(fields)
        self.found: dict[str, Field] | None = None
        self.state = state
        self.language = language
        self.room = MOST_PUT_IN

    @property
    def fields(self) -> dict[str, Field]:
        """By key; looked up only where a text asks for one."""
        if self.found is None:
            self.found = {field.key: field for field in self.of}
        return self.found

    def text(self, key: str) -> str | None:
        field = self.fields.get(key)
        return self.by_itself(key, None if field is None else spoken(field, self.language))

    def code(self, key: str) -> str | None:
        """As it is kept: a reader wants the same of every language."""
        field = self.fields.get(key)
        return self.by_itself(key, None if field is None else field.value or "")

    def by_itself(self, key: str, words: str | None) -> str | None:
        if key == SERIAL_NUMBER:
            words = self.state.serial_number
        elif key == REDEEM_CODE:
            words = self.state.redeem_code
        elif key in self.fields and self.fields[key].data_type in NOT_TEXT:
            words = None
        self.room -= len(words or "")
        return words if self.room >= 0 else None


def filled_fields(plan: Plan, fields: tuple[Field, ...], words: Words) -> tuple[Field, ...]:
    """Only texts that are the campaign's own: what stands over them on the pass is not looked at."""
    if not plan.fields:
        return fields
    return tuple(
        field if (written := plan.fields.get(field.key)) is None else filled_field(field, written, words)
        for field in fields
    )


def filled_field(field: Field, written: Field, words: Words) -> Field:
    value, label, message = field.value, field.label, field.change_message
    if value is not None and value is written.value and field.data_type not in NOT_TEXT:
        fill = filled_address if field.data_type is DataType.URL else filled
        value = fill(value, words.text)
    if label is not None and label is written.label:
        label = filled(label, words.text)
    if message is not None:
        message = filled(message, words.text, escape_percent)
    return replace(field, value=value, label=label, change_message=message)


def filled_codes(revision: Revision, words: Words) -> Revision:
    """The revision as `passes.codes` reads it."""
    return replace(
        revision,
        code_fixed_value=filled(revision.code_fixed_value, words.code) if revision.code_fixed_value else None,
        barcode=filled_code(revision.barcode, words) if revision.barcode else None,
        barcodes=tuple(filled_code(code, words) for code in revision.barcodes),
    )


def filled_code(code: Barcode, words: Words) -> Barcode:
    return replace(
        code,
        message=filled(code.message, words.code) if code.message else code.message,
        alt_text=filled(code.alt_text, words.text) if code.alt_text else code.alt_text,
    )


def filled_look(look: Look, words: Words) -> Look:
    return replace(look, logo_text=filled(look.logo_text, words.text)) if look.logo_text else look


def filled_locations(places: tuple[Location, ...], words: Words) -> tuple[Location, ...]:
    return tuple(
        replace(place, relevant_text=filled(place.relevant_text, words.text)) if place.relevant_text else place
        for place in places
    )


def filled_beacons(beacons: tuple[Beacon, ...], words: Words) -> tuple[Beacon, ...]:
    return tuple(
        replace(beacon, relevant_text=filled(beacon.relevant_text, words.text)) if beacon.relevant_text else beacon
        for beacon in beacons
    )


class UnknownReference(Struct, frozen=True, kw_only=True):
    """A text of a campaign that refers to nothing it can show, so that the reference itself is shown."""

    path: str
    """Where: ``fields.greeting.value``."""
    key: str


def unknown_references(revision: Revision) -> list[UnknownReference]:
    """In reading order. A field may still be one that a pass brings itself."""
    known = RESERVED | {field.key for field in revision.fields if field.data_type not in NOT_TEXT}
    return [
        UnknownReference(path=path, key=found[1])
        for path, text in written_texts(revision)
        for found in REFERENCE.finditer(text)
        if found[1] is not None and found[1] not in known
    ]


def written_texts(revision: Revision) -> Iterator[tuple[str, str]]:
    for field in revision.fields:
        for name, text in zip(("value", "label", "change_message"), texts(field), strict=True):
            if text:
                yield f"fields.{field.key}.{name}", text
    rest = [("logo_text", revision.look.logo_text), ("code_fixed_value", revision.code_fixed_value)]
    for index, code in enumerate(codes(revision)):
        rest += [(f"barcodes.{index}.message", code.message), (f"barcodes.{index}.alt_text", code.alt_text)]
    rest += [(f"locations.{place}.relevant_text", each.relevant_text) for place, each in enumerate(revision.locations)]
    rest += [(f"beacons.{place}.relevant_text", each.relevant_text) for place, each in enumerate(revision.beacons)]
    yield from ((path, text) for path, text in rest if text)
