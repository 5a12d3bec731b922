"""``.pkpasses``: several passes in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from passwright.apple.archive import BUNDLE_MOST_BYTES, BUNDLE_MOST_PASSES
from passwright.apple.validation.issue import Issue, Severity, rules_about

rule = rules_about("Bundles")

BUNDLE_MANY = rule(
    "bundle_passes_many",
    Severity.REFUSED,
    "The bundle has {count} passes; phones take at most 10.",
    "Make several bundles.",
)
BUNDLE_LARGE = rule(
    "bundle_large",
    Severity.REFUSED,
    "The bundle takes {size} MB unpacked; phones take at most 150 MB.",
    "Make several bundles.",
)
BUNDLE_STRANGER = rule(
    "bundle_other_member",
    Severity.ADVICE,
    "{name} is no pass; a bundle holds .pkpass files and nothing else.",
    "Leave it out.",
)
SAME_SERIAL = rule(
    "bundle_same_serial_number",
    Severity.HIDDEN,
    "The pass has the pass type identifier and the serial number of {other}; one replaces the other without a word.",
    "Give each pass a serial number of its own.",
)

MOST_PASSES = BUNDLE_MOST_PASSES
MOST_BYTES = BUNDLE_MOST_BYTES


def is_bundle(names: list[str]) -> bool:
    """Whether an archive holds passes instead of being one."""
    return any(is_pass(name) for name in names) and not any(name.rsplit("/", 1)[-1] == "pass.json" for name in names)


def is_pass(name: str) -> bool:
    return name.lower().endswith(".pkpass")


def check_bundle(files: Mapping[str, bytes]) -> Iterator[Issue]:
    count = sum(is_pass(name) for name in files)
    if count > MOST_PASSES:
        yield BUNDLE_MANY.at("", count=count)
    for name in files:
        if not is_pass(name):
            yield BUNDLE_STRANGER.at(name, name=name)


def check_serial_numbers(serials: Mapping[str, tuple[object, object]]) -> Iterator[Issue]:
    """``serials``: member to pass type identifier and serial number."""
    first: dict[str, str] = {}
    for name, serial in serials.items():
        other = first.setdefault(repr(serial), name)
        if other != name and None not in serial:
            yield SAME_SERIAL.at(name, other=other)
