"""What an operator does with organizations, and the sentences that say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from passwright.data.models import Organization
from passwright.environment import Environment
from passwright.interfaces.cli import organization as door
from passwright.operations.create_organization import create_organization
from passwright.queries.organizations import hourly_limit_of
from passwright.secrets import same_api_password
from passwright.settings import ENVIRONMENT
from tests.operations.toys import LATER, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on the test's own tables."""

    @contextmanager
    def installation(**_: Any) -> Iterator[Environment]:
        yield ENVIRONMENT

    monkeypatch.setattr(door, "installation", installation)

    def run(*arguments: object, ends: int = 0) -> Result:
        result = CliRunner().invoke(door.organization, [str(argument) for argument in arguments])
        assert result.exit_code == ends, result.output
        return result

    return run


@pytest.fixture
def toys() -> Organization:
    return create_organization(name="Toy Town", now=NOW).organization


def again(organization: Organization) -> Organization:
    return Organization.objects.get(id=organization.id)


def test_all_are_listed_with_what_they_may(run: Any, toys: Organization) -> None:
    run("allow", toys.id, "--children", "10")
    child = create_organization(name="North\x1b[31m\n", now=LATER, parent=toys).organization
    run("limit", child.id, "1200")
    run("lock", child.id)
    locked = again(child).locked_at
    assert locked
    lines = run("list").stdout.splitlines()
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    assert rows == [
        ["id", "name", "API username", "below", "children", "requests an hour", "locked"],
        [str(toys.id), "Toy Town", toys.api_username, "-", "1 of 10", "5,000", "-"],
        [
            str(child.id),
            "North�[31m",
            child.api_username,
            str(toys.id),
            "0 of 0",
            "1,200",
            f"since {locked:%-d %b %Y}",
        ],
    ]
    assert len({line.index(row[2]) for line, row in zip(lines, rows, strict=True)}) == 1


def test_an_empty_list_has_its_titles(run: Any) -> None:
    assert run("list").stdout.split("\n")[0].startswith("id  name")


def test_children_are_allowed_and_forbidden(run: Any, toys: Organization) -> None:
    said = run("allow", toys.id, "--children", "10").stdout
    assert said == "Toy Town may have 10 organizations below it. It has 0.\n"
    assert again(toys).children_allowed == 10
    create_organization(name="North", now=NOW, parent=toys)
    said = run("allow", toys.id, "--children", "0").stdout
    assert said == "Toy Town may not manage organizations. Those below it stay as they are: 1.\n"
    assert again(toys).children_allowed == 0


def test_it_is_locked_since_the_first_time_and_unlocked(run: Any, toys: Organization) -> None:
    said = run("lock", toys.id).stdout
    locked = again(toys).locked_at
    assert locked
    assert said == (
        f"Toy Town is locked since {locked:%-d %b %Y, %H:%M} UTC: the API answers it 403, and its pages issue no "
        "passes. Organizations below it are not locked.\n"
    )
    run("lock", toys.id)
    assert again(toys).locked_at == locked
    assert run("unlock", toys.id).stdout == "Toy Town is not locked: its API credentials are valid.\n"
    assert again(toys).locked_at is None


def test_its_limit_is_its_own_or_everybodys(run: Any, toys: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Nobody is refused unless the web process runs with PASSWRIGHT_ENFORCE_LIMITS=true.\n"
    assert run("limit", toys.id, "20000").stdout == f"Toy Town may make 20,000 API requests an hour.\n{words}"
    assert again(toys).hourly_limit == 20_000
    monkeypatch.setattr(ENVIRONMENT, "enforce_limits", True)
    assert run("limit", toys.id, "default").stdout == "Toy Town may make 5,000 API requests an hour.\n"
    assert again(toys).hourly_limit is None
    assert hourly_limit_of(again(toys)) == 5000


def test_another_password_is_shown_once(run: Any, toys: Organization) -> None:
    made = json.loads(run("refresh-password", toys.id, "--json").stdout)
    assert list(made) == ["id", "api_username", "api_password"]
    assert (made["id"], made["api_username"]) == (str(toys.id), toys.api_username)
    assert same_api_password(made["api_password"], again(toys).api_password_hash)
    said = run("refresh-password", toys.id).stdout
    assert "Store the password now: only its hash is kept." in said
    password = said.split("API password  ")[1].split()[0]
    assert same_api_password(password, again(toys).api_password_hash)
    assert not same_api_password(made["api_password"], again(toys).api_password_hash)


COMMANDS: list[tuple[Any, ...]] = [
    ("allow", "ID", "--children", "10"),
    ("lock", "ID"),
    ("unlock", "ID"),
    ("limit", "ID", "10"),
    ("refresh-password", "ID"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_id_that_nobody_has_is_one_clear_line(run: Any, toys: Organization, command: tuple[str, ...]) -> None:
    before = Organization.objects.values().get()
    unknown = run(*[str(uuid4()) if word == "ID" else word for word in command], ends=2)
    assert "Invalid value for ID: no organization has this id." in unknown.output
    nonsense = run(*["Toy Town" if word == "ID" else word for word in command], ends=2)
    assert "'Toy Town' is not a valid UUID" in nonsense.output
    assert Organization.objects.values().get() == before


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("limit", "0"), "write a number from 1 to 2147483647"),
        (("limit", "many"), "write a number from 1 to 2147483647"),
        (("limit", "2147483648"), "write a number from 1 to 2147483647"),
        (("limit", "9" * 30), "write a number from 1 to 2147483647"),
        (("limit", "٣"), "write a number from 1 to 2147483647"),
        (("allow", "--children=-1"), "-1 is not in the range"),
        (("allow", "--children=many"), "not a valid integer"),
        (("allow",), "Missing option '--children'"),
    ],
)
def test_a_number_that_is_none_changes_nothing(
    run: Any, toys: Organization, command: tuple[str, ...], words: str
) -> None:
    before = Organization.objects.values().get()
    refused = run(command[0], toys.id, *command[1:], ends=2)
    assert words in refused.output
    assert Organization.objects.values().get() == before
