"""``passwright lint``: what a phone will say about any pass, from anywhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import NoReturn

import click
import msgspec
from cryptography import x509
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from passwright.apple.certificate import UnreadableCertificate, load_certificates
from passwright.apple.validation import Issue, Severity, lint_file, rules_by_subject

TABLE = "|---|---|---|---|"
UNUSABLE = 2
UNWRAPPED = 10_000
LARGEST_FILE = 160_000_000
"""Octets: a little more than the largest bundle phones take."""

TITLES = {
    Severity.REFUSED: "A phone refuses the pass",
    Severity.CLIPPED: "A phone shows only a part",
    Severity.HIDDEN: "A phone does not show or use",
    Severity.ADVICE: "Advice",
}
COLOURS = {
    Severity.REFUSED: "bold red",
    Severity.CLIPPED: "yellow",
    Severity.HIDDEN: "magenta",
    Severity.ADVICE: "cyan",
}


@click.command(short_help="Say why a phone would not take a pass, and what to change.")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--trust",
    "roots",
    metavar="ROOT.pem",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A root certificate to trust besides Apple's; may be repeated. The development root: certificate dev-root.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a list of {severity, code, path, message, fix}.")
@click.option("--codes", is_flag=True, help="Print every finding there is as Markdown, and nothing else.")
def lint(file: Path | None, roots: Sequence[Path], as_json: bool, codes: bool) -> None:
    """Say why a phone would refuse, clip or hide something of FILE, and what to change.

    FILE is a .pkpass, a .pkpasses or a bare pass.json. Exits 1 if a phone refuses it, 0 if not, and 2 if FILE cannot
    be read. docs/lint.md explains every finding.
    """
    if codes:
        click.echo(reference(), nl=False)
        return
    if file is None:
        raise click.UsageError("Name a FILE: a .pkpass, a .pkpasses or a pass.json.")
    trusted = [certificate for root in roots for certificate in read_roots(root)]
    issues = lint_file(read(file), trusted_roots=trusted, at=datetime.now(UTC))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(issues), indent=2).decode())
    else:
        # A terminal wraps at its width; a file or a pipe gets whole lines, so that one can search in them.
        show(issues, Console(highlight=False, width=None if sys.stdout.isatty() else UNWRAPPED))
    raise SystemExit(int(any(issue.severity is Severity.REFUSED for issue in issues)))


def read(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            give_up(f"{file} is larger than any pass or bundle: {LARGEST_FILE // 1_000_000} MB are read at most.")
        return file.read_bytes()
    except OSError as problem:
        give_up(f"{file} cannot be opened: {problem.strerror or problem}.")


def read_roots(file: Path) -> list[x509.Certificate]:
    try:
        return load_certificates(read(file))
    except UnreadableCertificate:
        give_up(f"{file} holds no certificate in PEM or DER.")


def give_up(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    raise SystemExit(UNUSABLE)


def show(issues: Iterable[Issue], console: Console) -> None:
    """Grouped by severity, the worst first, as the list already is."""
    issues = list(issues)
    for severity, group in groupby(issues, key=lambda issue: issue.severity):
        found = list(group)
        console.print(Text(f"{TITLES[severity]} ({len(found)})", style=COLOURS[severity]))
        for issue in found:
            show_issue(issue, console)
        console.print()
    if not any(issue.severity is Severity.REFUSED for issue in issues):
        console.print("[green]No phone will refuse this pass[/green]")


def show_issue(issue: Issue, console: Console) -> None:
    place = f"[bold]{escape(issue.path or 'the file')}[/bold]  [dim]{issue.code}[/dim]"
    console.print(Padding(place, (0, 0, 0, 2), expand=False))
    console.print(Padding(escape(issue.message), (0, 0, 0, 4), expand=False))
    console.print(Padding(f"→ {escape(issue.fix)}", (0, 0, 0, 4), expand=False))


def reference() -> str:
    """Every finding by subject, in Markdown. Parts that a finding fills in stand in italics."""
    parts = []
    for subject, rules in rules_by_subject():
        rows = [f"| `{r.code}` | {r.severity} | {cell(r.message)} | {cell(r.fix)} |" for r in rules]
        parts.append(
            "\n".join([f"### {subject}", "", "| code | severity | what is wrong | what to do |", TABLE, *rows])
        )
    return "\n\n".join(parts) + "\n"


def cell(sentence: str) -> str:
    """A format as text: ``{key}`` in italics, and nothing that Markdown takes for its own."""
    words = re.sub(r"\{(\w+)\}", r"*\1*", sentence.replace("{{", "\0").replace("}}", "\1"))
    return words.replace("\0", "{").replace("\1", "}").replace("|", "\\|").replace("<", "&lt;")
