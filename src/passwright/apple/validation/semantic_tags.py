"""Semantic tags: the machine-readable part of a pass, from which iOS 18 and later draw whole layouts.

Names and types are those of `passwright.apple.semantics`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from msgspec import inspect

from passwright.apple.semantics import SemanticTags
from passwright.apple.validation import shapes
from passwright.apple.validation.document import Document
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.shapes import Check, anything, boolean, date, list_of, number, object_of, one_of, text

rule = rules_about("Semantic tags")

TIME_ZONE = rule(
    "time_zone_unknown",
    Severity.HIDDEN,
    "{key} is “{value}”, which is no time zone of the IANA list, so local times are not shown.",
    "Write a name such as Europe/Lisbon.",
)
BALANCE_STYLE = rule(
    "balance_style",
    Severity.HIDDEN,
    "A balance is shown on store cards only; this pass is a {style}.",
    "Make it a storeCard, or show the balance as a field.",
)


@cache
def time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def time_zone(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield from text(value, path)
    elif time_zones() and value not in time_zones():
        yield TIME_ZONE.at(path, key=shapes.name(path), value=value)


def check_of(kind: inspect.Type, name: str) -> Check:
    """The check of a tag from the type it is written with, so that reading and writing cannot differ."""
    match kind:
        case inspect.StrType():
            return time_zone if name.endswith("TimeZone") or name == "timeZone" else text
        case inspect.BoolType():
            return boolean
        case inspect.IntType() | inspect.FloatType():
            return number
        case inspect.DateTimeType():
            return date
        case inspect.EnumType():
            return one_of(tuple(member.value for member in kind.cls))
        case inspect.VarTupleType():
            return list_of(check_of(kind.item_type, name))
        case inspect.StructType():
            return object_of(checks_of(kind), tuple(key.encode_name for key in kind.fields if key.required))
        case inspect.UnionType():
            return check_of(next(type for type in kind.types if not isinstance(type, inspect.NoneType)), name)
    return anything


def checks_of(struct: inspect.StructType) -> dict[str, Check]:
    return {key.encode_name: check_of(key.type, key.encode_name) for key in struct.fields}


TAGS = inspect.type_info(SemanticTags)
assert isinstance(TAGS, inspect.StructType)
tags = object_of(checks_of(TAGS))


def check_balance(document: Document) -> Iterator[Issue]:
    if "balance" in document.semantics and document.style not in (None, "storeCard"):
        yield BALANCE_STYLE.at(document.path("semantics", "balance"), style=document.style)


CHECKS = (check_balance,)
