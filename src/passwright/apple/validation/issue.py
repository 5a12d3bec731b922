"""What the linter says: an issue with its severity, and the rules that issues are made from."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

LONGEST_VALUE = 80


class Severity(StrEnum):
    """What happens on a phone, worst first."""

    REFUSED = "refused"
    """A phone does not open the pass."""
    CLIPPED = "clipped"
    """A phone shows only a part of something."""
    HIDDEN = "hidden"
    """Something is accepted and then not shown, or has no effect."""
    ADVICE = "advice"
    """The pass works; it could be better, or works by luck."""


class Issue(Struct, frozen=True, kw_only=True):
    """One thing a phone will do with this pass that its maker may not want.

    ``path``: where, as a member's name or as ``pass.json/generic/primaryFields/0/value``.
    """

    severity: Severity
    code: str
    path: str
    message: str
    fix: str


class Rule(Struct, frozen=True, kw_only=True):
    """A thing the linter can find. ``message`` and ``fix`` are formats filled in by `at`."""

    code: str
    severity: Severity
    subject: str
    message: str
    fix: str

    def at(self, path: str, **values: object) -> Issue:
        """This rule, broken at that place."""
        printable = {name: in_a_sentence(value) for name, value in values.items()}
        return Issue(
            severity=self.severity,
            code=self.code,
            path=readable(path, longest=400),
            message=self.message.format(**printable),
            fix=self.fix.format(**printable),
        )


SUBJECTS = (
    "The archive",
    "The manifest",
    "The signature",
    "JSON",
    "Types of keys",
    "Dates",
    "The pass",
    "Fields",
    "Colours",
    "Barcodes",
    "NFC",
    "Places and times",
    "Semantic tags",
    "Newer layouts",
    "Upcoming events",
    "Pictures",
    "Translations",
    "Personalization",
    "Bundles",
)
"""In the order in which one reads about them, from the outside of a pass to its inside."""

RULES: dict[str, Rule] = {}
"""Every rule by its code, filled as the modules that check declare theirs."""

Declare = Callable[[str, Severity, str, str], Rule]


def rules_about(subject: str) -> Declare:
    """How a module declares the rules of its subject, one of `SUBJECTS`."""
    if subject not in SUBJECTS:
        raise ValueError(f"{subject} is no subject")

    def declare(code: str, severity: Severity, message: str, fix: str) -> Rule:
        if code in RULES:
            raise ValueError(f"two rules are called {code}")
        rule = Rule(code=code, severity=severity, subject=subject, message=message, fix=fix)
        RULES[code] = rule
        return rule

    return declare


def in_a_sentence(value: object) -> str:
    """Our own lists of words whole, everything else shortened: it comes from the file."""
    return ", ".join(value) if isinstance(value, tuple) else readable(str(value))


def rules_by_subject() -> list[tuple[str, list[Rule]]]:
    """All rules in the order of `SUBJECTS`, for whoever explains them."""
    return [(subject, [rule for rule in RULES.values() if rule.subject == subject]) for subject in SUBJECTS]


def readable(text: str, *, longest: int = LONGEST_VALUE) -> str:
    """Foreign text that can stand in a sentence and be written to any stream: one line, no halves of characters."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    whole = text.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in whole)
