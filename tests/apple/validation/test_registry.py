"""The rules as a whole: each is made to happen by a test, described in the guide, and worded as ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from passwright.apple.validation import RULES, Rule, Severity, rules_by_subject
from passwright.apple.validation.issue import rules_about
from passwright.interfaces.cli.lint import reference
from tests.apple.validation import test_archive_rules, test_pass_json_rules, test_signature_rules

GUIDE = Path(__file__).parents[3] / "docs" / "lint.md"

ELSEWHERE = {
    "bundle_large",
    "bundle_other_member",
    "bundle_passes_many",
    "bundle_same_serial_number",
    "chain_not_trusted",
    "nfc_certificate",
    "personalization_style",
    "picture_languages_differ",
    "picture_silenced_by_strip",
}
"""Produced, alone or with one other, by tests of their own in the same files."""


def test_every_rule_is_broken_by_a_test() -> None:
    tables = (
        test_pass_json_rules.CASES,
        test_pass_json_rules.FILE_CASES,
        test_pass_json_rules.TEXT_CASES,
        test_archive_rules.FILE_CASES,
        test_archive_rules.PICTURE_SETS,
        test_archive_rules.SIGNED_CASES,
        test_archive_rules.ZIP_CASES,
        test_signature_rules.CASES,
    )
    broken = {case[0] for table in tables for case in table}
    assert broken | ELSEWHERE == set(RULES)
    sources = "".join(Path(module.__file__).read_text() for module in (test_archive_rules, test_signature_rules))
    assert all(f'"{code}"' in sources for code in ELSEWHERE)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_the_words_are_ours(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", rule.code)
    for sentence in (rule.message, rule.fix):
        assert not re.search(r"\binvalid\b|\bplease\b|\billegal\b|\berror\b|!", sentence, re.IGNORECASE)
        assert sentence.rstrip("”)").endswith((".", "…")) or sentence.endswith(" …")


def test_two_rules_of_one_code_are_refused() -> None:
    code = next(iter(RULES))
    with pytest.raises(ValueError, match=code):
        rules_about("JSON")(code, Severity.ADVICE, "Said.", "Done.")


def test_every_subject_has_rules() -> None:
    assert all(rules for _, rules in rules_by_subject())
    with pytest.raises(ValueError, match="Gardening"):
        rules_about("Gardening")


def test_the_guide_has_every_rule_as_it_is() -> None:
    assert reference() in GUIDE.read_text(), "write `passwright lint --codes` into docs/lint.md again"
