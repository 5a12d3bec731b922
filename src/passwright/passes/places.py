"""Places that one pass says of itself, in a field of type ``locations``: a list of them, or a point to choose near."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from passwright.passes.content import Location
from passwright.passes.faults import Fault

MOST_PLACES = 10
"""A phone looks at no more."""
LONGEST_WORDS = 200
"""Characters of a place's name, and of what a lock screen says there."""
FARTHEST = 10_000_000
"""Metres, up or down."""
NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,20})?"
POINT = re.compile(rf"\s*({NUMBER})\s*[,;]\s*({NUMBER})\s*", re.ASCII)
NUMBER_TEXT = re.compile(r"\s*[+-]?\d{1,8}(?:\.\d{1,20})?\s*", re.ASCII)
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
KNOWN = ("latitude", "longitude", "altitude", "relevant_text", "name")


class Places(Struct, frozen=True):
    """``locations`` as they were sent, or a point ``near`` which the campaign's stores are chosen; never both. Neither
    where there is nothing."""

    near: Location | None = None
    locations: tuple[Location, ...] = ()


NO_PLACES = Places()


def read_places(text: str | None) -> Places:
    """What a pass keeps in a field of type ``locations``. A text that says no places (the field had another type when
    it was written) has none."""
    if not text:
        return NO_PLACES
    read = places_of(text)
    return read if isinstance(read, Places) else NO_PLACES


def kept_text(places: Places) -> str:
    """The text that is kept, which `read_places` reads: JSON, a list or an object with the point. Empty for none."""
    if places.near is not None:
        return msgspec.json.encode({"near": places.near}).decode()
    return msgspec.json.encode(places.locations).decode() if places.locations else ""


def places_of(value: Any) -> Places | tuple[Fault, ...]:
    """What was sent: a list of places, ``{"near": {…}}``, two coordinates as text, or any of them as JSON text."""
    if isinstance(value, str):
        if found := POINT.fullmatch(value):
            value = {"near": {"latitude": found[1], "longitude": found[2]}}
        else:
            try:
                value = msgspec.json.decode(value)
            except (ValueError, RecursionError):
                return (not_places(),)
    if isinstance(value, Mapping):
        return near_of(value)
    return list_of(value) if isinstance(value, list) else (not_places(),)


def not_places() -> Fault:
    return Fault("This is not a place. Send two coordinates such as 38.72,-9.14, or a list of places.")


def near_of(value: Mapping[Any, Any]) -> Places | tuple[Fault, ...]:
    if set(value) != {"near"} or not isinstance(value["near"], Mapping):
        return (
            Fault("A point needs the form {shape}.", {"shape": '{"near": {"latitude": 38.72, "longitude": -9.14}}'}),
        )
    faults: list[Fault] = []
    place = place_of(value["near"], 1, KNOWN[:2], faults)
    return tuple(faults) or Places(near=place)


def list_of(value: list[Any]) -> Places | tuple[Fault, ...]:
    if len(value) > MOST_PLACES:
        return (Fault("These are {number} places. Send at most {most}.", {"number": len(value), "most": MOST_PLACES}),)
    faults: list[Fault] = []
    places = tuple(place_of(item, number, KNOWN, faults) for number, item in enumerate(value, start=1))
    return tuple(faults) or Places(locations=places)


def place_of(value: Any, number: int, known: tuple[str, ...], faults: list[Fault]) -> Location:
    """One place; what is wrong with it goes to ``faults``, and then it says nothing."""
    if not isinstance(value, Mapping):
        faults.append(Fault("Place {number} is not an object with latitude and longitude.", {"number": number}))
        return NOWHERE
    faults.extend(
        Fault(
            "Place {number} has an unknown part “{name}”. Remove it: a place has {known}.",
            {"number": number, "name": str(name)[:40], "known": ", ".join(known)},
        )
        for name in value
        if name not in known
    )
    return Location(
        latitude=degrees(value, "latitude", 90, number, faults),
        longitude=degrees(value, "longitude", 180, number, faults),
        altitude=altitude(value, number, faults),
        relevant_text=words(value, "relevant_text", number, faults),
        name=words(value, "name", number, faults),
    )


NOWHERE = Location(latitude=0, longitude=0)


def degrees(value: Mapping[Any, Any], name: str, most: int, number: int, faults: list[Fault]) -> float:
    read = number_of(value.get(name), most)
    if read is None:
        faults.append(
            Fault(
                "Place {number} needs a {name} between {least} and {most} degrees.",
                {"number": number, "name": name, "least": -most, "most": most},
            )
        )
        return 0.0
    return read


def altitude(value: Mapping[Any, Any], number: int, faults: list[Fault]) -> float | None:
    sent = value.get("altitude")
    read = None if sent is None else number_of(sent, FARTHEST)
    if sent is not None and read is None:
        faults.append(Fault("Place {number} has an altitude that is no number of metres.", {"number": number}))
    return read


def number_of(value: Any, most: int) -> float | None:
    """A number, also as text, from ``-most`` to ``most``."""
    if isinstance(value, str) and NUMBER_TEXT.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        return None
    return float(value) + 0.0 if not math.isnan(value) else None  # no minus before a zero


def words(value: Mapping[Any, Any], name: str, number: int, faults: list[Fault]) -> str | None:
    """A text of one line; None for a blank one."""
    sent = value.get(name)
    if sent is None:
        return None
    text = sent.strip() if isinstance(sent, str) else ""
    if not isinstance(sent, str) or UNSHOWN.search(text) or len(text) > LONGEST_WORDS:
        faults.append(
            Fault(
                "Place {number} has a {name} that is not one line of at most {most} characters.",
                {"number": number, "name": name, "most": LONGEST_WORDS},
            )
        )
    return text or None
