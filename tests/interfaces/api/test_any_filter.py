"""Whatever stands in ``q[...]``, a list answers: with what fits, and with the names of what does not."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passwright.interfaces.api import assets, campaigns, passes, templates
from passwright.interfaces.api.filters import PREDICATES, Attribute
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("certificates")]

LISTS: dict[str, Mapping[str, Attribute]] = {
    "generics": campaigns.ATTRIBUTES,
    "passes": passes.ATTRIBUTES,
    "assets": assets.ATTRIBUTES,
    "templates": templates.ATTRIBUTES,
}
ODD = [
    *("\\", "%\\", "\\\\", "\\\\\\", "%_\\%", "a\\b", "%", "_", "", " ", "\x00", "\ud800", "'", "null", "[]", "{}"),
    *("true", "t", "-1", "1" * 18, "9" * 400, "1e400", "NaN", "Infinity", "0x10", "\u0661\u0662", "1_000"),
    *("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", "2026-11-22T24:00:00Z"),
    *("2026-W47-7", "20261122", "1969-12-31T23:59:60Z", "2026-11-22 10:00:00 0100", "2026-11-22T10:00:00.1234567Z"),
    *("b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1", "{b6a3ffb65aa54ea39a5f0a9f6c1a6ab1}", "urn:uuid:0", "0" * 32),
]
VALUES = st.sampled_from(ODD) | st.text(max_size=20) | st.integers().map(str) | st.datetimes().map(str)
WORDS = sorted({name for attributes in LISTS.values() for name in attributes})
ORDERS = st.lists(
    st.tuples(st.sampled_from([*WORDS, "", "id", "pk"]), st.sampled_from(["", " asc", "+desc", " DESC", " sideways"])),
    max_size=4,
).map(lambda parts: ",".join(map("".join, parts)))


@pytest.fixture
def paths(api: Api) -> dict[str, str]:
    body = {"generic": {"name": "a\\b % _ c", "icon_id": api.upload("icon")}}
    campaign = ok(api.post("/v2/generics", body), 201)["id"]
    ok(api.post(f"/v2/generics/{campaign}/passes"), 201)
    return {name: f"/v2/generics/{campaign}/passes" if name == "passes" else f"/v2/{name}" for name in LISTS}


def asked(api: Api, path: str, query: list[tuple[str, str]]) -> str:
    """What was ignored."""
    answer = api.get(f"{path}?{urlencode(query, errors='surrogatepass')}")
    assert isinstance(ok(answer), list), query
    return answer.headers.get("X-Ignored-Params", "")


@pytest.mark.parametrize("name", LISTS)
def test_every_predicate_takes_any_odd_value(api: Api, paths: dict[str, str], name: str) -> None:
    for predicate in PREDICATES:
        for value in ODD:
            asked(api, paths[name], [(f"q[{attribute}_{predicate}]", value) for attribute in LISTS[name]])


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_conditions_and_orders(api: Api, paths: dict[str, str], name: str, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(LISTS[name])) | st.sampled_from(WORDS)
    conditions = data.draw(st.lists(st.tuples(names, st.sampled_from(sorted(PREDICATES)), VALUES), max_size=5))
    query = [(f"q[{attribute}_{predicate}]", value) for attribute, predicate, value in conditions]
    asked(api, paths[name], [*query, ("q[s]", data.draw(ORDERS)), (f"q[{data.draw(st.text(max_size=9))}]", "x")])


@pytest.mark.parametrize("pattern", ["\\", "%\\", "a\\\\\\"])
def test_a_pattern_that_ends_in_half_an_escape_is_ignored(api: Api, paths: dict[str, str], pattern: str) -> None:
    assert asked(api, paths["generics"], [("q[name_matches]", pattern)]) == "q[name_matches]"


@pytest.mark.parametrize(
    ("pattern", "found"), [("a\\\\b%", 1), ("a\\\\%", 1), ("%\\%%", 1), ("%\\\\", 0), ("a\\\\b \\% \\_ c", 1)]
)
def test_a_backslash_escapes(api: Api, paths: dict[str, str], pattern: str, found: int) -> None:
    answer = api.get(f"{paths['generics']}?{urlencode({'q[name_matches]': pattern})}")
    assert len(ok(answer)) == found
    assert "X-Ignored-Params" not in answer.headers
