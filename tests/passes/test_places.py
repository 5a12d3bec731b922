from __future__ import annotations

from typing import Any

import pytest

from passwright.passes.content import Location
from passwright.passes.places import NO_PLACES, Places, kept_text, places_of, read_places

LISBON = Location(latitude=38.72, longitude=-9.14)


@pytest.mark.parametrize(
    ("sent", "places"),
    [
        ("38.72,-9.14", Places(near=LISBON)),
        (" 38.72 ; -9.14 ", Places(near=LISBON)),
        ({"near": {"latitude": "38.72", "longitude": -9.14}}, Places(near=LISBON)),
        ([{"latitude": 38.72, "longitude": -9.14, "relevant_text": None, "name": " "}], Places(locations=(LISBON,))),
        (
            '[{"latitude": 1, "longitude": -0.0, "altitude": 12, "name": " Shop ", "relevant_text": "Hello"}]',
            Places(locations=(Location(latitude=1, longitude=0, altitude=12, name="Shop", relevant_text="Hello"),)),
        ),
        ([], NO_PLACES),
    ],
)
def test_places_are_a_list_or_a_point_and_are_read_again_from_what_is_kept(sent: Any, places: Places) -> None:
    assert places_of(sent) == places
    assert read_places(kept_text(places)) == places


@pytest.mark.parametrize(
    ("sent", "sentences"),
    [
        (True, ["This is not a place. Send two coordinates such as 38.72,-9.14, or a list of places."]),
        ("the moon", ["This is not a place. Send two coordinates such as 38.72,-9.14, or a list of places."]),
        ("[" * 100_000, ["This is not a place. Send two coordinates such as 38.72,-9.14, or a list of places."]),
        ([{}] * 11, ["These are 11 places. Send at most 10."]),
        ({"near": 1}, ['A point needs the form {"near": {"latitude": 38.72, "longitude": -9.14}}.']),
        (
            [{"latitude": 91}, 3],
            [
                "Place 1 needs a latitude between -90 and 90 degrees.",
                "Place 1 needs a longitude between -180 and 180 degrees.",
                "Place 2 is not an object with latitude and longitude.",
            ],
        ),
        (
            [{"latitude": True, "longitude": float("nan"), "altitude": "up", "name": "a\nb", "text": "hello"}],
            [
                "Place 1 has an unknown part “text”. Remove it: "
                "a place has latitude, longitude, altitude, relevant_text, name.",
                "Place 1 needs a latitude between -90 and 90 degrees.",
                "Place 1 needs a longitude between -180 and 180 degrees.",
                "Place 1 has an altitude that is no number of metres.",
                "Place 1 has a name that is not one line of at most 200 characters.",
            ],
        ),
    ],
)
def test_everything_that_is_wrong_with_places_is_said_at_once(sent: Any, sentences: list[str]) -> None:
    faults = places_of(sent)
    assert isinstance(faults, tuple)
    assert [str(fault) for fault in faults] == sentences


@pytest.mark.parametrize("text", [None, "", "Lisbon", "12", '{"near": {"latitude": 900, "longitude": 0}}'])
def test_a_text_that_says_no_places_has_none(text: str | None) -> None:
    assert read_places(text) == NO_PLACES
