"""The nearest places of a list."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passwright.passes.content import Location
from passwright.passes.nearest import PlaceList, kilometres

LATITUDES = st.floats(-90, 90) | st.sampled_from([-90.0, 0.0, 90.0, 38.7])
LONGITUDES = st.floats(-180, 180) | st.sampled_from([-180.0, 0.0, 180.0, 179.99])
POINTS = st.builds(lambda north, east: Location(latitude=north, longitude=east), LATITUDES, LONGITUDES)


@given(st.lists(POINTS, max_size=30), POINTS, st.integers(1, 12))
def test_as_if_all_were_sorted_by_distance(places: list[Location], point: Location, count: int) -> None:
    found = PlaceList(places).nearest(point, count)
    distances = [kilometres(point, place) for place in found]
    assert distances == sorted(distances)
    assert distances == pytest.approx(sorted(kilometres(point, place) for place in places)[:count], abs=1e-6)


def test_the_other_side_of_the_date_line_is_near() -> None:
    fiji = Location(latitude=-17, longitude=179.9)
    west, far = Location(latitude=-17, longitude=-179.9), Location(latitude=-17, longitude=170)
    assert PlaceList([far, west]).nearest(fiji, 1) == (west,)


def test_at_a_pole_all_longitudes_are_one_place() -> None:
    pole = Location(latitude=90, longitude=0)
    assert kilometres(pole, Location(latitude=90, longitude=135)) == pytest.approx(0, abs=1e-6)


def test_of_equally_near_ones_the_first_of_the_list() -> None:
    same = [Location(latitude=1, longitude=1, name=name) for name in "abcd"]
    assert [place.name for place in PlaceList(same).nearest(same[0], 2)] == ["a", "b"]


def test_thousands_of_stores_are_looked_through_quickly() -> None:
    chance = Random(7)
    stores = PlaceList(
        [Location(latitude=chance.uniform(37, 42), longitude=chance.uniform(-9, -6)) for _ in range(20_000)]
    )
    points = [Location(latitude=chance.uniform(37, 42), longitude=chance.uniform(-9, -6)) for _ in range(50)]
    start = time.process_time()
    assert all(len(stores.nearest(point, 10)) == 10 for point in points)
    assert time.process_time() - start < 2.0
