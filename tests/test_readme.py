"""What the README and the API's introduction say is done, word for word, in a fresh copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from passwright.interfaces.cli import demo_pictures
from tests.walks.conftest import eventually, free_port

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
LINKS = (ROOT / "docs" / "links.md").read_text()
CLOCK = re.compile(r"^\d\d:\d\d$")
NOT_COPIED = shutil.ignore_patterns(".git", ".dev", ".passwright", "__pycache__", ".hypothesis")

pytestmark = [pytest.mark.xdist_group("readme"), pytest.mark.timeout(600)]


def transcript() -> tuple[list[str], list[str]]:
    """The commands of the README's transcript, and the lines they print."""
    lines = re.search(r"```console\n(.*?)```", README, re.DOTALL)
    assert lines
    told = lines[1].splitlines()
    return [line[2:] for line in told if line.startswith("$ ")], [line for line in told if not line.startswith("$ ")]


def tour(page: str) -> str:
    return "\n".join(re.findall(r"```sh tour\n(.*?)```", page, re.DOTALL))


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """A fresh copy, without history, without an environment, in a folder with a space in its name."""
    folder = Path(tempfile.mkdtemp(prefix="passwright-readme-"))
    folder.chmod(0o755)
    shutil.copytree(ROOT, folder / "a clone", ignore=NOT_COPIED)
    yield folder / "a clone"
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def environment(clone: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("PASSWRIGHT_", "DATABASE_URL"))}
    mine.pop("PYTEST_ADDOPTS", None)
    listen = f"127.0.0.1:{free_port()}"
    return {
        **mine,
        "PASSWRIGHT_HOME": str(clone.parent / "home"),
        "PASSWRIGHT_LISTEN": listen,
        "PASSWRIGHT_URL": f"http://{listen}",
    }


def run(command: str, clone: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-ec", command], cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=500
    )


def test_the_transcript_is_what_one_sees(clone: Path, environment: dict[str, str]) -> None:
    commands, told = transcript()
    assert commands == ["./dev demo --exit", "./dev test"]
    shown = run(commands[0], clone, environment)
    assert shown.returncode == 0, shown.stderr
    for line in told:
        words = line.replace("127.0.0.1:8000", environment["PASSWRIGHT_LISTEN"]).split()
        pattern = r"\s+(?:[\d,]+ bytes; )?".join(CLOCK.sub(r"\\d\\d:\\d\\d", re.escape(word)) for word in words)
        assert re.search(pattern, shown.stdout), line


def test_the_second_command_runs_the_tests(clone: Path, environment: dict[str, str]) -> None:
    """One file of them: the whole run is what this test is part of."""
    shown = run(f"{transcript()[0][1]} tests/test_storage.py", clone, environment)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert re.search(r"\d+ passed", shown.stdout)


@pytest.fixture(scope="module")
def platform(clone: Path, environment: dict[str, str]) -> Iterator[None]:
    (clone / "icon.png").write_bytes(demo_pictures.icon())
    environment |= own_phone(clone, environment)
    running = subprocess.Popen(["./dev", "up"], cwd=clone, env=environment, start_new_session=True)
    try:
        ping = f"curl -sSf {environment['PASSWRIGHT_URL']}/v2/ping"
        eventually(lambda: run(ping, clone, environment).returncode == 0, within=120, what="the platform answers")
        yield
    finally:
        running.terminate()
        assert running.wait(timeout=60) == 0


def own_phone(clone: Path, environment: dict[str, str]) -> dict[str, str]:
    """Where the phone of the tour listens and the platform pushes to, so that tours beside each other have one each."""
    made = run("./dev run certificate dev-root > apns-root.pem", clone, environment)
    assert made.returncode == 0, made.stderr
    return {
        "PASSWRIGHT_APNS_URL": f"https://127.0.0.1:{free_port()}",
        "PASSWRIGHT_APNS_CA": str(clone / "apns-root.pem"),
    }


with_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed: the tours' commands need it")


@with_curl
@pytest.mark.usefixtures("platform")
def test_the_five_minute_tour(clone: Path, environment: dict[str, str]) -> None:
    shown = run(tour(README), clone, environment)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    changed = json.loads(re.search(r"\{.*\}", shown.stdout).group())  # type: ignore[union-attr]  # fails if missing
    assert changed["auxiliary_fields"][0]["value"] == "Platinum"
    assert changed["primary_fields"][0]["value"] == "Johnny Appleseed"
    assert "No phone will refuse this pass" in shown.stdout
    assert re.search(r"registered .*pushed .*fetched .*Toy Town +now .*Your level: Platinum", shown.stdout, re.DOTALL)


@with_curl
@pytest.mark.usefixtures("platform")
def test_ten_minutes_with_the_api(clone: Path, environment: dict[str, str]) -> None:
    told = run(tour(API), clone, environment)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Started merging 2 passes for campaign 'Toy Town Club'." in told.stdout
    assert "Started pushing 2 passes for campaign 'Toy Town Club'." in told.stdout
    imported = json.loads((clone / "import.json").read_text())
    assert (imported["state"], imported["succeeded"], imported["failed"]) == ("done", 3, 1)
    assert [error["row"] for error in imported["errors"]] == [4]
    assert told.stdout.rstrip().endswith("200")
    report = re.search(r'"redeems_count":(\d+)', told.stdout)
    assert report
    assert report[1] == "2"


@with_curl
@pytest.mark.usefixtures("platform")
def test_links_and_smart_links(clone: Path, environment: dict[str, str]) -> None:
    begin = re.search(r"```sh tour\n(.*?)```", API, re.DOTALL)
    assert begin
    told = run(begin[1] + tour(LINKS), clone, environment)
    assert told.returncode == 0, told.stdout + told.stderr
    assert len(json.loads((clone / "several.json").read_text())["links"]) == 2
    letters = (clone / "letters.csv").read_text().splitlines()
    assert letters[0] == "greeting,member,external_id,url"
    assert letters[1].startswith("Dear Ada,Ada Moreau,7,http")
    assert "/embed.js" in told.stdout
