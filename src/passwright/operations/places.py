"""Where and how near a pass is relevant: what campaigns and passes may say about it."""

from __future__ import annotations

from collections.abc import Sequence

from passwright.operations.refusals import Faults
from passwright.passes.content import Beacon, Location, Style
from passwright.passes.places import MOST_PLACES

FARTHEST_METRES = {Style.EVENT_TICKET: 1000, Style.BOARDING_PASS: 1000}
FARTHEST_METRES_OF_OTHERS = 100


def clamped_distance(style: Style, metres: int | None) -> int | None:
    """The smaller of what is asked for and what a phone allows, in metres."""
    return None if metres is None else min(metres, FARTHEST_METRES.get(style, FARTHEST_METRES_OF_OTHERS))


def check_distance(metres: int | None, faults: Faults) -> None:
    if metres is not None and metres < 0:
        faults.add("max_distance", "must not be negative")


def check_locations(locations: Sequence[Location], faults: Faults) -> None:
    if len(locations) > MOST_PLACES:
        faults.add("locations", f"can have at most {MOST_PLACES} items")
    for index, location in enumerate(locations):
        if not -90 <= location.latitude <= 90:
            faults.add(f"locations[{index}].latitude", "must be between -90 and 90")
        if not -180 <= location.longitude <= 180:
            faults.add(f"locations[{index}].longitude", "must be between -180 and 180")


def check_beacons(beacons: Sequence[Beacon], faults: Faults) -> None:
    if len(beacons) > MOST_PLACES:
        faults.add("beacons", f"can have at most {MOST_PLACES} items")
    for index, beacon in enumerate(beacons):
        for name, number in (("major", beacon.major), ("minor", beacon.minor)):
            if number is not None and not 0 <= number <= 65535:
                faults.add(f"beacons[{index}].{name}", "must be between 0 and 65535")
