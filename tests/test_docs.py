"""The documents name what there is: every setting, every document, every command, and no link that leads nowhere."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from passwright.environment import Environment
from passwright.interfaces.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
WIDEST = 120
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ANCHOR_SIGNS = re.compile(r"[^\w\- ]")


def anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {ANCHOR_SIGNS.sub("", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_is_described() -> None:
    described = (DOCS / "operating" / "settings.md").read_text(encoding="utf-8")
    names = [
        str(field.validation_alias or f"PASSWRIGHT_{name.upper()}") for name, field in Environment.model_fields.items()
    ]
    assert [name for name in names if f"`{name}`" not in described] == []


def test_no_setting_is_described_that_is_none() -> None:
    read_elsewhere = {"PASSWRIGHT_CERTIFICATE_PASSWORD", "PASSWRIGHT_PYTHON", "PASSWRIGHT_TEST_WORKERS"}
    known = {f"PASSWRIGHT_{name.upper()}" for name in Environment.model_fields} | read_elsewhere
    named = {
        name for page in PAGES for name in re.findall(r"\bPASSWRIGHT_[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8"))
    }
    assert named - known == set()


def test_the_readme_lists_every_document() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = readme[readme.index("## More") :]
    pages = [page.relative_to(ROOT) for page in DOCS.rglob("*.md") if page.parent.name != "decisions"]
    assert [str(page) for page in pages if f"]({page})" not in listed] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        place, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_readme_is_as_wide_as_the_code() -> None:
    """But for tables, whose rows are lines."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > WIDEST and not line.startswith("|")] == []


def test_a_word_is_explained_once() -> None:
    lines = (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
    words = Counter(word.strip() for line in lines if line.startswith("| ") for word in line.split("|")[1].split(","))
    assert [word for word, times in words.items() if times > 1] == []


def test_the_tree_names_every_room() -> None:
    """Folders and modules of the package, and the doors."""
    told = (DOCS / "architecture.md").read_text(encoding="utf-8")
    tree = told[told.index("```") : told.index("```", told.index("```") + 3)]
    rooms = [place for place in (ROOT / "src" / "passwright").iterdir() if is_room(place)]
    doors = [
        place for place in (ROOT / "src" / "passwright" / "interfaces").iterdir() if is_room(place) and place.is_dir()
    ]
    names = [place.name + ("/" if place.is_dir() else "") for place in (*rooms, *doors)]
    assert [name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}", tree)] == []


def is_room(place: Path) -> bool:
    if place.is_dir():
        return any(place.glob("*.py"))
    return place.suffix == ".py" and not place.name.startswith("__")


def test_every_command_is_in_a_document() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES) + (ROOT / "dev").read_text(encoding="utf-8")
    assert [
        name for name in COMMANDS if not re.search(rf"(?:passwright|dev|dev run) {name}\b|^  {name}\b", told, re.M)
    ] == []
