"""The command that everybody calls with a pass that does not open."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding

from passwright.interfaces.cli.lint import lint
from passwright.interfaces.cli.main import cli
from tests.apple.validation.good import AT, authority, files_of, signed, zipped

PUBLIC_KEYS = {"severity", "code", "path", "message", "fix"}


def run(*arguments: object) -> Result:
    with time_machine.travel(AT, tick=False):
        return CliRunner().invoke(lint, [str(argument) for argument in arguments])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.pem"
    file.write_bytes(authority().root_pem)
    return file


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.pkpass"
    file.write_bytes(zipped(signed(files_of("generic"))))
    return file


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """One finding of each severity."""
    files = {name: content for name, content in files_of("generic").items() if not name.startswith("icon")}
    document = json.loads(files["pass.json"])
    document["generic"]["primaryFields"][0]["value"] = "Johnny\nAppleseed"
    document |= {"groupingIdentifier": "x", "labelColor": "#fff"}
    file = tmp_path / "broken.pkpass"
    file.write_bytes(zipped(signed(files | {"pass.json": json.dumps(document).encode()})))
    return file


def test_a_good_pass(good: Path, root: Path) -> None:
    result = run(good, "--trust", root)
    assert (result.exit_code, result.output) == (0, "No phone will refuse this pass\n")


def test_a_good_pass_as_json(good: Path, root: Path) -> None:
    result = run(good, "--trust", root, "--json")
    assert (result.exit_code, json.loads(result.output)) == (0, [])


def test_without_its_root_the_chain_is_not_trusted(good: Path) -> None:
    result = run(good, "--json")
    assert result.exit_code == 1
    (issue,) = json.loads(result.output)
    assert (issue["severity"], issue["code"], issue["path"]) == ("refused", "chain_not_trusted", "signature")


def test_several_roots_in_pem_and_der(good: Path, root: Path, tmp_path: Path) -> None:
    der = tmp_path / "root.cer"
    der.write_bytes(authority().root.public_bytes(Encoding.DER))
    other = tmp_path / "other.pem"
    other.write_bytes(authority().issue("pass.x", "T", "X", AT).certificate_pem)
    assert run(good, "--trust", other).exit_code == 1
    assert run(good, "--trust", other, "--trust", der).exit_code == 0
    assert run(good, "--trust", other, "--trust", root).exit_code == 0


def test_findings_stand_in_the_order_of_their_severity(broken: Path, root: Path) -> None:
    result = run(broken, "--trust", root)
    assert result.exit_code == 1
    headings = [line for line in result.output.splitlines() if line and not line.startswith(" ")]
    assert headings == [
        "A phone refuses the pass (1)",
        "A phone shows only a part (1)",
        "A phone does not show or use (1)",
        "Advice (1)",
    ]
    assert "  icon.png  icon_missing\n    The pass has no icon.\n    → Add icon.png, icon@2x.png" in result.output
    assert "No phone will refuse" not in result.output


def test_json_has_five_keys_in_the_order_of_severity(broken: Path, root: Path) -> None:
    result = run(broken, "--trust", root, "--json")
    assert result.exit_code == 1
    issues = json.loads(result.output)
    assert all(issue.keys() == PUBLIC_KEYS for issue in issues)
    assert [(issue["severity"], issue["code"]) for issue in issues] == [
        ("refused", "icon_missing"),
        ("clipped", "line_break_on_front"),
        ("hidden", "grouping_identifier_style"),
        ("advice", "colour_hex"),
    ]


def test_advice_alone_does_not_fail(tmp_path: Path) -> None:
    document = json.loads(files_of("generic")["pass.json"]) | {"labelColor": "#fff"}
    file = tmp_path / "pass.json"
    file.write_text(json.dumps(document))
    result = run(file)
    assert result.exit_code == 0
    assert "pass.json/labelColor  colour_hex" in result.output
    assert result.output.endswith("No phone will refuse this pass\n")


def test_markup_in_a_pass_is_text(tmp_path: Path) -> None:
    document = json.loads(files_of("generic")["pass.json"]) | {"labelColor": "[bold]white[/bold] [/]"}
    file = tmp_path / "pass.json"
    file.write_text(json.dumps(document))
    assert "labelColor is “[bold]white[/bold] [/]”, which" in run(file).output


@pytest.mark.parametrize("content", [b"", b"not a pass", b"PK\x03\x04"])
def test_something_else_is_refused_by_phones_too(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "letter.pkpass"
    file.write_bytes(content)
    result = run(file, "--json")
    assert (result.exit_code, [issue["code"] for issue in json.loads(result.output)]) == (1, ["not_a_zip"])


@pytest.mark.parametrize("name", ["missing.pkpass", "."])
def test_a_file_that_cannot_be_opened_gets_one_line(name: str, tmp_path: Path) -> None:
    result = run(tmp_path / name, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{tmp_path / name} cannot be opened: ")
    assert result.stderr.count("\n") == 1


def test_a_file_larger_than_any_pass_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "film.pkpass"
    with file.open("wb") as hole:
        hole.truncate(200_000_000)
    result = run(file)
    assert result.exit_code == 2
    assert "larger than any pass" in result.stderr


def test_a_root_that_is_none_gets_one_line(good: Path, tmp_path: Path) -> None:
    assert run(good, "--trust", tmp_path / "missing.pem").exit_code == 2
    result = run(good, "--trust", good)
    assert (result.exit_code, result.stderr) == (2, f"{good} holds no certificate in PEM or DER.\n")


def test_the_clock_is_the_machine_s_own(good: Path, root: Path) -> None:
    with time_machine.travel(AT + timedelta(days=800), tick=False):
        result = CliRunner().invoke(lint, [str(good), "--trust", str(root), "--json"])
    assert {issue["code"] for issue in json.loads(result.output)} == {"certificate_expired", "expired"}
    assert datetime.now(UTC) != AT


def test_the_command_is_known_and_names_every_code() -> None:
    result = CliRunner().invoke(cli, ["lint", "--codes"])
    assert result.exit_code == 0
    assert "| `icon_missing` | refused | The pass has no icon." in result.output
    assert CliRunner().invoke(cli, ["lint"]).exit_code == 2
