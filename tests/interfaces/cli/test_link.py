"""What the command for smart links refuses, and says about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from passwright.data.models import Campaign
from passwright.environment import Environment
from passwright.interfaces.cli import link as door
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Position
from passwright.settings import ENVIRONMENT
from tests.operations.toys import toy_maker, toy_town

pytestmark = pytest.mark.django_db

FIELDS = (
    SentField(key="member", position=Position.PRIMARY, behaviour=Behaviour.DYNAMIC),
    SentField(key="mail", position=Position.BACK, behaviour=Behaviour.DYNAMIC, data_type=DataType.EMAIL),
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on the test's own tables."""

    @contextmanager
    def installation(**_: Any) -> Iterator[Environment]:
        yield ENVIRONMENT

    monkeypatch.setattr(door, "installation", installation)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(door.link, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def campaign() -> Campaign:
    return toy_town(toy_maker(), fields=FIELDS)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("member",), "no KEY=VALUE"),
        (("nobody=x",), "nobody is not a field of this campaign"),
        (("--expires", "soon"), "write a number and m, h, d or w"),
        (("--link", "{campaign}"), "no distribution has this id"),
    ],
)
def test_what_cannot_be_asked_for_is_said(run: Any, campaign: Campaign, arguments: tuple[str, ...], told: str) -> None:
    refused = run(campaign.id, *(argument.format(campaign=campaign.id) for argument in arguments))
    assert refused.exit_code != 0
    assert told in refused.stderr
    assert not refused.stdout


def test_the_rows_of_a_table_that_are_wrong_are_named_and_no_link_is_made(
    run: Any, campaign: Campaign, tmp_path: Path
) -> None:
    table = tmp_path / "people.csv"
    table.write_text("member,mail\nAda,\nBob,nobody\n")
    refused = run(campaign.id, "--csv", table)
    assert refused.exit_code != 0
    assert "row 3: mail" in refused.stderr
    assert not refused.stdout


def test_a_table_in_another_encoding_is_said_to_be_one(run: Any, campaign: Campaign, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes(b"member\nZo\xeb\n")
    refused = run(campaign.id, "--csv", table)
    assert refused.exit_code != 0
    assert "the file is not CSV in UTF-8" in refused.stderr
    assert not refused.stdout
