"""What a request sends for the fields of its campaign, read by their types and rules; the same for every door.

What a pass says in a plain text field is its issuer's own affair, as in v2: it is kept as it was sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, Protocol
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, structs

from passwright.operations.refusals import PreconditionFailed
from passwright.passes.answers import (
    Fault,
    generated_value,
    holder_writes,
    is_blank,
    longest_answer,
    read_value,
    self_service_obstacles,
)
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, Content, DataType, Field, FieldOverride, Position, Revision
from passwright.passes.substitution import has_reference

Wrong = dict[str, tuple[Fault, ...]]
"""By key, what is wrong with a value."""

LONGEST_KEY = 255
HINTS = 5
"""Unknown keys for which a known one is looked up: each is compared with all that there are."""
HOLDERS_PICTURES = frozenset({DataType.IMAGE, DataType.LOCATIONS})
"""Types of which a form need not ask: a holder has to give them only where everybody has to."""


class Asking(Protocol):
    """What of a `PassWanted` says something about fields."""

    @property
    def fields(self) -> tuple[SentField, ...]: ...
    @property
    def lists(self) -> frozenset[Position]: ...
    @property
    def merge(self) -> bool: ...
    @property
    def values(self) -> dict[str, Any] | UnsetType: ...
    @property
    def values_name(self) -> str: ...
    @property
    def by_holder(self) -> bool: ...
    @property
    def granted(self) -> frozenset[str]: ...


class ReadValues(Struct):
    """``fields`` as they stood in lists and ``values`` as they stood in the map, with what is kept of each;
    ``given_back``: keys of which the campaign's value is shown again."""

    fields: tuple[SentField, ...]
    values: tuple[SentField, ...]
    given_back: frozenset[str]
    wrong: Wrong


class ValueReader:
    """Reads what one request sends. ``shown``: what the pass says now; None of a pass that is being made."""

    def __init__(self, revision: Revision, asked: Asking, shown: Content | None) -> None:
        self.asked = asked
        self.country = revision.country
        self.holder = asked.by_holder
        self.fields = {field.key: field for field in revision.fields if self.may_write(field)}
        self.shown = {field.key: field.value for field in (shown.fields if shown else revision.fields)}
        self.wrong: Wrong = {}
        self.hints = HINTS

    def may_write(self, field: Field) -> bool:
        return not self.holder or holder_writes(field) or field.key in self.asked.granted

    def is_issuers(self, key: str) -> bool:
        return not self.holder or key in self.asked.granted

    def read(self) -> ReadValues:
        listed = {sent.key: sent for sent in self.asked.fields if sent.value is not UNSET and not sent.destroy}
        fields = [self.of_list(sent) for sent in self.asked.fields]
        values, given_back, echoes = [], set(), set()
        for key, sent in ({} if self.asked.values is UNSET else self.asked.values).items():
            field = self.fields.get(key)
            if field is None:
                self.unknown(key)
                continue
            other = listed.get(key)
            if other is not None:
                ruling = self.ruling(field, other, sent)
                if ruling == "list":
                    continue
                if ruling == "map":
                    echoes.add(key)
            if sent is None or (sent == field.value and has_reference(field.value)):
                given_back.add(key)  # nobody types a text with references: a form showed it
                continue
            text = self.kept(field, sent)
            if text is not None:
                values.append(SentField(key=key, position=field.position, value=text))
        return ReadValues(
            fields=tuple(structs.replace(sent, value=UNSET) if sent.key in echoes else sent for sent in fields),
            values=tuple(values),
            given_back=frozenset(given_back),
            wrong=self.wrong,
        )

    def of_list(self, sent: SentField) -> SentField:
        field = self.fields.get(sent.key)
        if field is None:
            if self.holder:
                self.unknown(sent.key)
            return sent
        if sent.value is UNSET or sent.value is None or sent.destroy:
            return sent
        text = sent.value if self.is_as_sent(field) else self.kept(field, sent.value)
        return sent if text is None or text == sent.value else structs.replace(sent, value=text)

    def is_as_sent(self, field: Field) -> bool:
        """A plain text of a list of v2's: kept letter by letter."""
        return field.data_type is DataType.TEXT and not self.holder

    def kept(self, field: Field, sent: Any) -> str | None:
        """What is kept; None if it is wrong. What the pass says already is not read again: an issuer who sends all of
        a pass back changes nothing, be the value as old as it may."""
        if self.is_issuers(field.key) and isinstance(sent, str) and sent == self.shown.get(field.key):
            return sent
        longest = {} if self.is_issuers(field.key) else {"longest": longest_answer(field)}
        read = read_value(field, sent, country=self.country, **longest)
        if not isinstance(read, str):
            self.refuse(field.key, *read)
            return None
        return read

    def ruling(self, field: Field, listed: SentField, sent: Any) -> str | None:
        """Which of two values for one key counts: the one that is not merely what the pass says already. None if both
        say something new and not the same."""
        now = self.shown.get(field.key)
        if sent == listed.value or (sent is not None and self.same(field, listed.value, sent)) or sent == now:
            return "list"
        if listed.value == now:
            return "map"
        where = f"{listed.position}_fields"
        self.refuse(field.key, Fault("has one value in {list} and another in values. Send it once.", {"list": where}))
        return "list"

    def same(self, field: Field, listed: Any, sent: Any) -> bool:
        read = read_value(field, sent, country=self.country)
        return isinstance(read, str) and read == read_value(field, listed, country=self.country)

    def unknown(self, key: str) -> None:
        near: list[str] = []
        if self.hints:
            self.hints -= 1
            near = get_close_matches(key[:LONGEST_KEY], self.fields, n=1, cutoff=0.6)
        if near:
            fault = Fault("is not a field of this campaign. Did you mean “{near}”?", {"near": near[0]})
        else:
            fault = Fault("is not a field of this campaign.")
        self.refuse(key, fault)

    def refuse(self, key: str, *faults: Fault) -> None:
        there = self.wrong.get(key, ())
        self.wrong[key] = (*there, *(fault for fault in faults if fault not in there))


def generated_for(revision: Revision, read: ReadValues) -> tuple[SentField, ...]:
    """Values for the fields that are filled in by themselves, of which the issuer brings none."""
    brought = {sent.key for sent in (*read.fields, *read.values) if isinstance(sent.value, str) and sent.value.strip()}
    return tuple(
        SentField(key=field.key, position=field.position, value=generated_value(field, secrets.choice))
        for field in revision.fields
        if is_generated(field) and field.key not in brought
    )


def brings(asked: Asking, key: str) -> bool:
    """Whether the request has a value for the field."""
    texts = [sent.value for sent in asked.fields if sent.key == key]
    texts += [] if asked.values is UNSET else [asked.values.get(key)]
    return any(text is not UNSET and text is not None and str(text).strip() for text in texts)


def is_generated(field: Field) -> bool:
    return field.generated and field.behaviour is Behaviour.DYNAMIC


def given_back(overrides: tuple[FieldOverride, ...], keys: Collection[str]) -> tuple[FieldOverride, ...]:
    """The overrides without what they say for ``keys``, of which the campaign's value is shown again."""
    kept = (
        structs.replace(override, value=None, value_at=None, removed_at=None) if override.key in keys else override
        for override in overrides
    )
    return tuple(
        override
        for override in kept
        if override.key not in keys or override.label_at is not None or override.behaviour is not None
    )


def missing_values(
    revision: Revision, asked: Asking, after: tuple[FieldOverride, ...], *, creating: bool
) -> dict[str, Fault]:
    """By key, the fields that need a value and would have none: all of them when a pass is made, later those of which
    something is sent."""
    insisted = [field for field in revision.fields if is_insisted(field, asked)]
    if not insisted:
        return {}
    said = {override.key: override for override in after}
    touched: Callable[[Field], bool] = (lambda field: True) if creating else touching(asked)
    return {
        field.key: Fault("The answer is missing. Fill it in.")
        for field in insisted
        if touched(field) and is_blank(value_after(field, said.get(field.key)))
    }


def is_insisted(field: Field, asked: Asking) -> bool:
    if field.behaviour is not Behaviour.DYNAMIC or field.required is False:
        return False
    if field.required is True:
        return True
    if not asked.by_holder or not holder_writes(field):
        return False
    sent = asked.values is not UNSET and field.key in asked.values
    return sent or field.data_type not in HOLDERS_PICTURES


def touching(asked: Asking) -> Callable[[Field], bool]:
    sent = {item.key for item in asked.fields if item.value is not UNSET or item.destroy}
    sent |= set() if asked.values is UNSET else asked.values.keys()
    replaced = frozenset() if asked.merge else asked.lists
    return lambda field: field.key in sent or field.position in replaced


def value_after(field: Field, override: FieldOverride | None) -> str | None:
    if override is None:
        return field.value
    if override.removed_at is not None:
        return None
    return field.value if override.value_at is None else override.value


def refuse_obstacles(revision: Revision, granted: Collection[str]) -> None:
    """Raises: PreconditionFailed: if a holder cannot make his own pass, whatever he says."""
    if obstacles := self_service_obstacles(revision, granted):
        raise PreconditionFailed({"campaign": " ".join(map(str, obstacles))})


def error_name(key: str, revision_fields: Mapping[str, Field], asked: Asking) -> str:
    """Where the API says what is wrong with a value: in ``values`` where they were sent, else in the field's list."""
    listed = next((sent for sent in asked.fields if sent.key == key), None)
    if asked.values is not UNSET and (key in asked.values or listed is None):
        return f"{asked.values_name}{key}"
    position = listed.position if listed else revision_fields[key].position
    return f"{position}_fields.{key}"


def pictures_asked_for(revision: Revision, asked: Asking) -> set[UUID]:
    """Ids in fields of type ``image``, to be looked up for many passes at once."""
    keys = {field.key: field for field in revision.fields if field.data_type is DataType.IMAGE}
    if not keys:
        return set()
    sent = [(item.key, item.value) for item in asked.fields if isinstance(item.value, str)]
    sent += [] if asked.values is UNSET else asked.values.items()
    read = (read_value(keys[key], value) for key, value in sent if key in keys and isinstance(value, str))
    return {UUID(text) for text in read if isinstance(text, str) and text}
