"""Lists of stores as people send them."""

from __future__ import annotations

import json

import pytest

from passwright.operations.refusals import ValidationFailed
from passwright.passes.content import Location
from passwright.payloads.stores import MOST_STORES, read_stores

BAIXA = Location(name="Baixa", latitude=38.7107, longitude=-9.1365, relevant_text="Around the corner")
PORTO = Location(name="Porto, Ribeira", latitude=41.1, longitude=-8.6)


@pytest.mark.parametrize(
    "text",
    [
        'name,latitude,longitude,text\nBaixa,38.7107,-9.1365,Around the corner\n"Porto, Ribeira",41.1,-8.6,\n',
        'Longitude;Text;NAME;latitude\r\n-9,1365;Around the corner;Baixa;38,7107\r\n-8,6;;"Porto, Ribeira";41,1\r\n',
        '\ufeff\n name ,latitude,longitude,text\n\nBaixa,38.7107,-9.1365,Around the corner\n"Porto, Ribeira",41.1,-8.6',
        json.dumps(
            [
                {"name": "Baixa", "latitude": 38.7107, "longitude": "-9.1365", "text": "Around the corner"},
                {"name": "Porto, Ribeira", "latitude": 41.1, "longitude": -8.6, "text": ""},
            ]
        ),
        json.dumps(
            {
                "stores": [
                    {"name": " Baixa ", "latitude": 38.7107, "longitude": -9.1365, "text": "Around the corner"},
                    {"name": "Porto, Ribeira", "latitude": 41.1, "longitude": -8.6},
                ]
            }
        ),
    ],
)
def test_the_same_stores_however_they_are_written(text: str) -> None:
    assert read_stores(text.encode()) == [BAIXA, PORTO]


@pytest.mark.parametrize("text", ["name,latitude,longitude\n", "[]", '{"stores": []}'])
def test_a_list_without_stores_has_none(text: str) -> None:
    assert read_stores(text.encode()) == []


def refused(raw: bytes) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as refusal:
        read_stores(raw)
    return refusal.value.errors


def test_everything_that_is_wrong_is_named_at_once_by_line() -> None:
    rows = [
        "name,latitude,longitude,text",
        ",91,x,",
        "A,1,2,ok",
        "B,NaN,-180.5,",
        "C,1",
        'D,1,2,"two\nlines"',
        "E,1,2,,5",
    ]
    errors = refused("\n".join(rows).encode())
    assert set(errors) == {
        "line 2.name",
        "line 2.latitude",
        "line 2.longitude",
        "line 4.latitude",
        "line 4.longitude",
        "line 5.longitude",
        "line 7.text",
        "line 8",
    }


def test_everything_that_is_wrong_in_json() -> None:
    errors = refused(b'[{"name": 5, "latitude": true, "longitude": 1e40}, 7, {"name": "A", "where": 1}]')
    assert set(errors) == {
        "stores[0].name",
        "stores[0].latitude",
        "stores[0].longitude",
        "stores[1]",
        "stores[2]",
        "stores[2].latitude",
        "stores[2].longitude",
    }


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"", "stores"),
        (b"  \n ", "stores"),
        (b"Baixa,38.7,-9.1,\n", "stores"),
        (b"name,latitude,longitude,name\n", "stores"),
        (b"name,latitude,longitude,colour\nA,1,2,red", "stores"),
        ("name,latitude,longitude\nÉvora,38.5,-7.9".encode("latin-1"), "stores"),
        ("name,latitude,longitude\nA,1,2".encode("utf-16"), "stores"),
        (b'name,latitude,longitude\n"A,1,2', "line 2"),
        (b"name,latitude,longitude\nA\x00,1,2", "line 2.name"),
        (b'{"name": "A"}', "stores"),
        (b"[{]", "stores"),
        (b"[" * 5000, "stores"),
        (b'[{"name": "\\u0000", "latitude": 1, "longitude": 2}]', "stores"),
    ],
)
def test_what_is_no_list_of_stores(raw: bytes, where: str) -> None:
    assert where in refused(raw)


def test_no_more_than_fit() -> None:
    row = b"A,1,2\n"
    assert len(read_stores(b"name,latitude,longitude\n" + row * MOST_STORES)) == MOST_STORES
    assert "20,001" in refused(b"name,latitude,longitude\n" + row * (MOST_STORES + 1))["stores"][0]


def test_thousands_that_are_wrong_are_counted() -> None:
    errors = refused(b"name,latitude,longitude\n" + b"A,x,2\n" * 5000)
    assert len(errors) == 201
    assert errors["stores"] == ["have 4,800 more values that are wrong"]
