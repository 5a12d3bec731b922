"""Plain rows are read and written down quickly, and come out as they do the long way."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passwright.data.models import Campaign
from passwright.operations.import_passes import Desk, Drawn
from passwright.operations.refusals import ValidationFailed
from passwright.passes.content import CodeType, Field, Look, Position, Revision, Style
from passwright.payloads.pass_rows import PassRows

FIELDS = (
    Field(key="member", position=Position.PRIMARY),
    Field(key="level", position=Position.AUXILIARY, label="LEVEL"),
    Field(key="favorite", position=Position.AUXILIARY),
    Field(key="terms", position=Position.BACK, value="…"),
)
KEYS = st.sampled_from(["member", "level", "favorite", "terms", "own", "", "  ", 7, None])
TEXTS = st.none() | st.text(max_size=8) | st.integers(0, 9)
ENTRY = st.fixed_dictionaries(
    {"key": KEYS},
    optional={
        "value": TEXTS,
        "label": TEXTS,
        "behaviour": st.sampled_from(["fixed", "dynamic", "odd", None]),
        "more": TEXTS,
    },
)
LISTS = st.lists(ENTRY, max_size=3) | st.sampled_from([None, {}, "x"])
MOMENTS = st.sampled_from(
    ["2027-01-31T18:30:00Z", "2027-01-31", "Sun, 31 Jan 2027 18:30:00 +0100", "", "soon", None, 7]
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        **{f"{position}_fields": LISTS for position in Position},
        "external_id": TEXTS | st.just("x" * 256),
        "expiration_date": MOMENTS,
        "relevant_date": MOMENTS,
        "user_info": st.none() | st.just([]) | st.dictionaries(st.text(max_size=3), st.floats() | st.text(max_size=3)),
        "voided": st.booleans() | st.sampled_from(["true", None, 3]),
        "merge": st.booleans(),
        "color": st.text(max_size=2),
    },
)
ROWS = ATTRIBUTES | st.fixed_dictionaries(
    {"pass": ATTRIBUTES}, optional={"merge": st.booleans(), "push": st.booleans()}
)


def desk(**parts: Any) -> Desk:
    campaign = Campaign(
        id=uuid.uuid4(), organization_id=uuid.uuid4(), epoch=7, user_info={"of": "all"}, relevant_date=datetime.now(UTC)
    )
    revision = Revision(
        epoch=7,
        style=Style.GENERIC,
        name="Members",
        organization_name="Toys",
        description="Members",
        look=Look(),
        fields=parts.pop("fields", FIELDS),
        **parts,
    )
    return Desk(campaign, revision, datetime.now(UTC))


def the_long_way(at: Desk, rows: PassRows, row: bytes) -> Drawn | ValidationFailed:
    try:
        return at.drawn_up(rows.any(row))
    except ValidationFailed as refusal:
        return refusal


READER = PassRows(style=Style.GENERIC, zone="Europe/Lisbon", version="v2")
DESK = desk()


@settings(max_examples=600, deadline=None)
@given(ROWS, st.booleans(), st.booleans())
def test_plain_rows_come_out_the_same(sent: dict[str, Any], compact: bool, escaped: bool) -> None:
    row = json.dumps(sent, separators=(",", ":") if compact else None, ensure_ascii=escaped).encode()
    quick = DESK.plainly_drawn_up(READER.plain(row))
    assert quick is None or quick == the_long_way(DESK, READER, row)


def plain(number: int, **parts: Any) -> bytes:
    sent = {
        "external_id": f" m-{number} ",
        "primary_fields": [{"key": "member", "value": 'Jo "Toys" \\ Ü'}],
        "auxiliary_fields": [{"key": "favorite", "value": None, "label": ""}, {"key": "level"}],
        "expiration_date": "2027-07-01",
        "user_info": {"b": 1e300, "a": [1.50]},
        "voided": True,
        **parts,
    }
    return json.dumps(sent).encode()


@pytest.mark.parametrize("row", [plain(1), b'{"pass":' + plain(1) + b"}", b"{}", b'{"pass": {"external_id": " "}}'])
def test_most_rows_are_plain(row: bytes) -> None:
    quick = DESK.plainly_drawn_up(READER.plain(row))
    assert quick is not None
    assert quick == the_long_way(DESK, READER, row)


@pytest.mark.parametrize(
    ("at", "row"),
    [
        (DESK, plain(1, back_fields=[{"key": "member", "value": "in another list"}])),
        (DESK, plain(1, back_fields=[{"key": "terms"}, {"key": "terms"}])),
        (DESK, plain(1, back_fields=[{"key": "own", "value": "not the campaign's"}])),
        (DESK, plain(1, back_fields=[{"key": "terms", "value": "\0"}])),
        (DESK, plain(1, color="red")),
        (DESK, plain(1, merge=False)),
        (desk(code_type=CodeType.PER_PASS), plain(1)),
        (desk(fields=(*FIELDS, Field(key="code", position=Position.BACK, use_as_barcode=True))), plain(1)),
    ],
)
def test_others_are_not(at: Desk, row: bytes) -> None:
    assert at.plainly_drawn_up(READER.plain(row)) is None
