"""The places of a list that are nearest to a point, by great circle."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from heapq import heappush, heappushpop
from math import asin, cos, radians, sin, sqrt

from passwright.passes.content import Location

EARTH_KILOMETRES = 6371.0088
"""The mean radius."""


def angle(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Between two points as the centre of the Earth sees them; all in radians (haversine)."""
    north = sin((other_latitude - latitude) / 2)
    east = sin((other_longitude - longitude) / 2)
    return 2 * asin(min(1.0, sqrt(north * north + cos(latitude) * cos(other_latitude) * east * east)))


def kilometres(one: Location, other: Location) -> float:
    """
    >>> round(kilometres(Location(latitude=38.7223, longitude=-9.1393), Location(latitude=41.1579, longitude=-8.6291)))
    274
    """
    points = (radians(degrees) for place in (one, other) for degrees in (place.latitude, place.longitude))
    return EARTH_KILOMETRES * angle(*points)


class PlaceList:
    """Sorted by latitude, so that a search ends where all that follow lie farther north or south than what it has."""

    def __init__(self, places: Sequence[Location]) -> None:
        ordered = sorted(enumerate(places), key=lambda each: each[1].latitude)
        self.places = tuple(places)
        self.order = [place for place, _ in ordered]
        self.latitudes = [radians(each.latitude) for _, each in ordered]
        self.longitudes = [radians(each.longitude) for _, each in ordered]

    def __len__(self) -> int:
        return len(self.places)

    def nearest(self, point: Location, count: int) -> tuple[Location, ...]:
        """The nearest first; of those that are equally near the first of the list."""
        latitude, longitude = radians(point.latitude), radians(point.longitude)
        north = bisect_left(self.latitudes, latitude)
        south = north - 1
        found: list[tuple[float, int]] = []  # the farthest first
        while (place := self.next_place(south, north, latitude)) is not None:
            if place == south:
                south -= 1
            else:
                north += 1
            if len(found) == count and abs(self.latitudes[place] - latitude) > -found[0][0]:
                break
            far = angle(latitude, longitude, self.latitudes[place], self.longitudes[place])
            entry = -far, -self.order[place]
            if len(found) < count:
                heappush(found, entry)
            else:
                heappushpop(found, entry)
        return tuple(self.places[-order] for _, order in sorted(found, reverse=True))

    def next_place(self, south: int, north: int, latitude: float) -> int | None:
        """Of the next one to the south and the next one to the north, the one that is less far so."""
        if north >= len(self.latitudes):
            return south if south >= 0 else None
        if south < 0:
            return north
        return south if latitude - self.latitudes[south] <= self.latitudes[north] - latitude else north
