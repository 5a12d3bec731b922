"""JSON as the members of a pass hold it: read strictly, with line and column, and past what phones forgive."""

from __future__ import annotations

import codecs
import json
from typing import Any

from msgspec import Struct

from passwright.apple.validation.issue import Issue, Severity, rules_about

rule = rules_about("JSON")

JSON_ENCODING = rule(
    "json_encoding",
    Severity.REFUSED,
    "Byte {offset} of {member} is not UTF-8.",
    "Save the file as UTF-8.",
)
JSON_BOM = rule(
    "json_bom",
    Severity.ADVICE,
    "{member} starts with a byte order mark, which JSON has no place for.",
    "Save the file as UTF-8 without a byte order mark.",
)
JSON_SYNTAX = rule(
    "json_syntax",
    Severity.REFUSED,
    "{member} is not JSON: {reason} at line {line}, column {column}.",
    "Correct line {line}. JSON has no comments and no single quotes.",
)
JSON_TRAILING_COMMA = rule(
    "json_trailing_comma",
    Severity.ADVICE,
    "A comma stands before a closing bracket at line {line}, column {column}. Wallet reads on, others stop.",
    "Remove the comma.",
)
JSON_DUPLICATE_KEY = rule(
    "json_duplicate_key",
    Severity.ADVICE,
    "{key} stands twice in one object; which of the two counts depends on the reader.",
    "Keep one of them.",
)
JSON_NOT_A_NUMBER = rule(
    "json_not_a_number",
    Severity.REFUSED,
    "{value} is not a number JSON can write.",
    "Write a finite number.",
)
JSON_TOO_DEEP = rule(
    "json_too_deep",
    Severity.REFUSED,
    "{member} nests deeper than any reader follows, or holds a number of thousands of digits.",
    "Make it flatter; no key of a pass needs more than eight levels.",
)

MEMBER_END = frozenset("]}")
NO_VALUE = frozenset("[{,:")
"""What no value ends in: a comma behind it is more than a trailing one."""
DEEPEST = 100


class Reading(Struct, frozen=True):
    """What a text says, with what is wrong about it. ``understood`` is False when there is no value."""

    issues: tuple[Issue, ...]
    value: Any = None
    understood: bool = True


def read_json(data: bytes, member: str) -> Reading:
    """The value of a JSON member, read on past trailing commas and a byte order mark."""
    issues = []
    if data.startswith(codecs.BOM_UTF8):
        issues.append(JSON_BOM.at(member, member=member))
        data = data[len(codecs.BOM_UTF8) :]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        return Reading((*issues, JSON_ENCODING.at(member, member=member, offset=problem.start)), None, False)
    reading = read_text(text, member)
    return Reading((*issues, *reading.issues), reading.value, reading.understood)


def read_text(text: str, member: str) -> Reading:
    try:
        return parse(text, member)
    except json.JSONDecodeError as problem:
        commas = trailing_commas(text)
        try:
            reading = parse(without(text, commas), member)
        except json.JSONDecodeError:
            return Reading((syntax_issue(problem, member),), None, False)
    first = commas[0]  # whoever corrects it finds the others; looking up the line of each would take a square of time
    found = JSON_TRAILING_COMMA.at(member, line=line(text, first), column=column(text, first))
    return Reading((found, *reading.issues), reading.value, reading.understood)


def parse(text: str, member: str) -> Reading:
    """Strict JSON; what Python accepts beyond it becomes an issue."""
    issues: list[Issue] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                issues.append(JSON_DUPLICATE_KEY.at(member, key=key))
            found[key] = value
        return found

    def refuse(word: str) -> None:
        issues.append(JSON_NOT_A_NUMBER.at(member, value=word))

    try:
        value = json.loads(text, object_pairs_hook=collect, parse_constant=refuse, parse_float=finite(issues, member))
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):
        return Reading((JSON_TOO_DEEP.at(member, member=member),), None, False)
    if deeper_than(value, DEEPEST):
        return Reading((JSON_TOO_DEEP.at(member, member=member),), None, False)
    return Reading(tuple(issues), value)


def finite(issues: list[Issue], member: str) -> Any:
    """A reader of fractions that notices 1e999, which every reader turns into infinity."""

    def read(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            issues.append(JSON_NOT_A_NUMBER.at(member, value=digits))
            return 0.0
        return value

    return read


def deeper_than(value: Any, levels: int) -> bool:
    """Level by level, because a function that calls itself would fall over the very thing it looks for."""
    level = [value]
    for _ in range(levels):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return False
    return True


def children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def syntax_issue(problem: json.JSONDecodeError, member: str) -> Issue:
    reason = problem.msg[0].lower() + problem.msg[1:]
    return JSON_SYNTAX.at(member, member=member, reason=reason, line=problem.lineno, column=problem.colno)


def trailing_commas(text: str) -> list[int]:
    """Where a comma is followed by nothing but space and a closing bracket, outside of texts."""
    found, comma, before, quoted, escaped = [], -1, "{", False, False
    for at, character in enumerate(text):
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif not character.isspace():
            if character in MEMBER_END and comma >= 0:
                found.append(comma)
            comma = at if character == "," and before not in NO_VALUE else -1
            quoted = character == '"'
            before = character
    return found


def without(text: str, places: list[int]) -> str:
    """The text with spaces there, so that lines and columns stay what they were."""
    characters = list(text)
    for at in places:
        characters[at] = " "
    return "".join(characters)


def line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def column(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at)
