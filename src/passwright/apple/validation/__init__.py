"""The linter: says why a phone would refuse, clip or hide something of a pass, and what to change.

>>> from datetime import UTC, datetime
>>> from passwright.apple.validation import lint_pass_json
>>> issues = lint_pass_json(b'{"formatVersion": "1"}', at=datetime(2026, 11, 22, tzinfo=UTC))
>>> issues[0].code, issues[0].severity, issues[0].path
('number_as_text', <Severity.REFUSED: 'refused'>, 'pass.json/formatVersion')

No network, no clock, no Django; it never raises for what it is given to look at. Every finding is an `Issue`, made
from one of the `RULES`, whose codes are stable.
"""

from __future__ import annotations

from passwright.apple.validation.issue import RULES, Issue, Rule, Severity, rules_by_subject
from passwright.apple.validation.lint import lint_archive, lint_bundle, lint_file, lint_pass_json

__all__ = [
    "RULES",
    "Issue",
    "Rule",
    "Severity",
    "lint_archive",
    "lint_bundle",
    "lint_file",
    "lint_pass_json",
    "rules_by_subject",
]
