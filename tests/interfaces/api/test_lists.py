"""Pages and conditions of lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from passwright.data.models import Asset
from passwright.interfaces.api.pages import Page
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import ok

PAGED = ("X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "X-Offset", "X-Next-Page", "X-Prev-Page")


@pytest.fixture
def assets(api: Api) -> list[str]:
    """Sixty assets, some made at the same moment: ids in the order in which lists show them."""
    rows = Asset.objects.bulk_create(
        Asset(
            organization=api.organization,
            asset_type="icon" if number < 40 else "logo",
            digest="0" * 64,
            width=1,
            height=1,
            created_at=NOW + timedelta(days=number // 3),
        )
        for number in range(60)
    )
    return [str(row.id) for row in sorted(rows, key=lambda row: (row.created_at, row.id))]


def ids(api: Api, **query: Any) -> list[str]:
    return [asset["id"] for asset in ok(api.get(f"/v2/assets?{urlencode(query)}"))]


def headers(api: Api, query: str) -> dict[str, str]:
    answer = api.get(f"/v2/assets?{query}")
    assert answer.status_code == 200
    return {name: answer.headers[name] for name in PAGED if name in answer.headers}


def test_the_first_page(api: Api, assets: list[str]) -> None:
    assert ids(api) == assets[:25]
    assert headers(api, "") == {
        "X-Total": "60",
        "X-Total-Pages": "3",
        "X-Page": "1",
        "X-Per-Page": "25",
        "X-Offset": "0",
        "X-Next-Page": "2",
    }


def test_the_last_page_has_no_next(api: Api, assets: list[str]) -> None:
    assert ids(api, page=3) == assets[50:]
    assert headers(api, "page=3") == {
        "X-Total": "60",
        "X-Total-Pages": "3",
        "X-Page": "3",
        "X-Per-Page": "25",
        "X-Offset": "0",
        "X-Prev-Page": "2",
    }


def test_an_empty_list_has_neither(api: Api) -> None:
    assert headers(api, "") == {
        "X-Total": "0",
        "X-Total-Pages": "0",
        "X-Page": "1",
        "X-Per-Page": "25",
        "X-Offset": "0",
    }


@pytest.mark.parametrize("size", [1, 7, 25, 30, 50])
def test_following_the_header_shows_every_row_once(api: Api, assets: list[str], size: int) -> None:
    seen, page = [], "1"
    while page:
        answer = api.get(f"/v2/assets?page={page}&per_page={size}")
        seen += [asset["id"] for asset in ok(answer)]
        page = answer.headers.get("X-Next-Page", "")
    assert seen == assets


@pytest.mark.parametrize("offset", [0, 1, 10, 59])
def test_an_offset_leaves_rows_out(api: Api, assets: list[str], offset: int) -> None:
    assert ids(api, offset=offset, per_page=50) == assets[offset : offset + 50]
    found = headers(api, f"offset={offset}&per_page=50")
    assert found["X-Offset"] == str(offset)
    assert found["X-Total"] == "60"
    assert ("X-Next-Page" in found) == (60 - offset > 50)


@pytest.mark.parametrize(
    ("query", "page", "size", "offset"),
    [
        ("page=0", "1", "25", "0"),
        ("page=-5", "1", "25", "0"),
        ("page=two", "1", "25", "0"),
        ("page=", "1", "25", "0"),
        ("page=1.5", "1", "25", "0"),
        ("page=%00", "1", "25", "0"),
        ("page=٣", "1", "25", "0"),
        ("page=+1", "1", "25", "0"),
        ("page=007", "7", "25", "0"),
        ("per_page=0", "1", "1", "0"),
        ("per_page=51", "1", "50", "0"),
        ("per_page=-1", "1", "1", "0"),
        ("per_page[]=3", "1", "25", "0"),
        ("offset=-3", "1", "25", "0"),
        ("page=1&page=2", "2", "25", "0"),
    ],
)
def test_odd_numbers_are_clamped(api: Api, assets: list[str], query: str, page: str, size: str, offset: str) -> None:
    found = headers(api, query)
    assert (found["X-Page"], found["X-Per-Page"], found["X-Offset"]) == (page, size, offset)


@pytest.mark.parametrize("number", ["60", "99999999999999999999", "9" * 5000, str(2**63), str(2**62)])
@pytest.mark.parametrize("name", ["page", "offset"])
def test_past_the_end_is_empty(api: Api, assets: list[str], name: str, number: str) -> None:
    answer = api.get(f"/v2/assets?{name}={number}")
    assert ok(answer) == []
    assert "X-Next-Page" not in answer.headers


def test_a_page_counts_from_its_offset() -> None:
    assert Page(number=2, size=10, offset=5).start == 15
    assert Page(number=1, size=10, offset=5).headers(16)["X-Total-Pages"] == "2"


# Conditions


@pytest.fixture
def templates(api: Api) -> list[str]:
    icon = api.upload("icon")
    names = ["House of Cards", "house 50%", "Una Salus Victus", "Über"]
    for name in names:
        body = {"name": name, "pass_type": "generic" if name != "Über" else "coupon", "icon_id": icon}
        body |= {"description": "given"} if name == "Über" else {}
        ok(api.post("/v2/templates", {"template": body}), 201)
    return names


def found(api: Api, query: str) -> list[str]:
    return [template["name"] for template in ok(api.get(f"/v2/templates?{query}"))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q[name_eq]=Una Salus Victus", [2]),
        ("q[name_eq]=una salus victus", []),
        ("q[name_not_eq]=Über", [0, 1, 2]),
        ("q[description_eq]=given", [3]),
        ("q[description_not_eq]=given", [0, 1, 2]),
        ("q[name_cont]=HOUSE", [0, 1]),
        ("q[name_cont]=%", [1]),
        ("q[name_match]=House%", [0, 1]),
        ("q[name_matches]=%house%", [0, 1]),
        ("q[name_match]=_ber", [3]),
        ("q[name_lt]=I", [0]),
        ("q[pass_type_eq]=coupon", [3]),
        ("q[name_cont]=house&q[name_cont]=50", [1]),
        ("q[name_cont]=house&q[pass_type_eq]=coupon", []),
        ("q[created_at_gteq]=2020-01-01", [0, 1, 2, 3]),
        ("q[created_at_lt]=2020-01-01", []),
        ("q[created_at_gt]=2020-01-01T00:00:00+01:00", [0, 1, 2, 3]),
        ("q[s]=pass_type desc, created_at", [0, 1, 2, 3]),
        ("q[s]=created_at desc", [3, 2, 1, 0]),
        ("q[sorts]=pass_type,created_at desc", [3, 2, 1, 0]),
        ("q[s][]=created_at desc", [3, 2, 1, 0]),
    ],
)
def test_conditions_and_order(api: Api, templates: list[str], query: str, expected: list[int]) -> None:
    result = found(api, quote(query, safe="=&+"))
    names = [templates[number] for number in expected]
    assert result == names if "s]" in query else sorted(result) == sorted(names)
    answer = api.get(f"/v2/templates?{quote(query, safe='=&+')}")
    assert "X-Ignored-Params" not in answer.headers
    assert answer.headers["X-Total"] == str(len(expected))


@pytest.mark.parametrize("sign", ["+", "%20", "%2B"])
def test_the_space_of_an_order_is_written_in_three_ways(api: Api, templates: list[str], sign: str) -> None:
    assert found(api, f"q[s]=created_at{sign}desc") == templates[::-1]


def test_name_and_value_escaped_as_one_word(api: Api, templates: list[str]) -> None:
    assert found(api, "q%5Bname_cont%5D%3DSalus") == ["Una Salus Victus"]


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("q[color_eq]=x", "q[color_eq]"),
        ("q[name_sounds]=x", "q[name_sounds]"),
        ("q[organization_id_eq]=x", "q[organization_id_eq]"),
        ("q[name__startswith_eq]=x", "q[name__startswith_eq]"),
        ("q[created_at_eq]=yesterday", "q[created_at_eq]"),
        ("q[created_at_lt]=0001-01-01T00:00:00%2B14:00", "q[created_at_lt]"),
        ("q[created_at_lt]=99999-01-01", "q[created_at_lt]"),
        ("q[created_at_cont]=2026", "q[created_at_cont]"),
        ("q[name_eq]=%00", "q[name_eq]"),
        ("q[s]=password", "q[s]"),
        ("q[s]=name sideways", "q[s]"),
        ("q[s]=", "q[s]"),
        ("q[]=x", "q[]"),
        ("q[%C3%A9%0D%0A_eq]=x", "q[%C3%A9%0D%0A_eq]"),
        ("q[a]=1&q[b]=2", "q[a], q[b]"),
    ],
)
def test_what_is_not_understood_is_ignored_and_named(api: Api, templates: list[str], query: str, ignored: str) -> None:
    answer = api.get(f"/v2/templates?{query.replace(' ', '%20')}")
    assert len(ok(answer)) == 4
    assert answer.headers["X-Ignored-Params"] == ignored


@pytest.mark.parametrize("query", ["q=x", "q[name_eq", "q[[name_eq]]=", "q[name_eq][a]=b", "Q[name_eq]=x", "%ff=%fe"])
def test_what_is_no_condition_at_all_harms_nothing(api: Api, templates: list[str], query: str) -> None:
    assert len(found(api, query)) == 4


def test_typed_values(api: Api, assets: list[str]) -> None:
    assert len(ids(api, **{"q[asset_type_eq]": "logo", "per_page": 50})) == 20
    day = NOW + timedelta(days=19)
    assert ids(api, **{"q[created_at_eq]": day.isoformat()}) == assets[57:]
    assert ids(api, **{"q[created_at_gteq]": day.isoformat(), "q[s]": "created_at desc"}) == assets[57:]
