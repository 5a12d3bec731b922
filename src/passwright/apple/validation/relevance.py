"""Relevance: the places and times at which a pass comes to the lock screen by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from passwright.apple.styles import RELEVANT_BY_DATE, StyleKey
from passwright.apple.validation import shapes
from passwright.apple.validation.document import Document, mapping, sequence
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.shapes import date, list_of, number, object_of, text

rule = rules_about("Places and times")

LOCATIONS_MANY = rule(
    "locations_many",
    Severity.HIDDEN,
    "locations has {count} entries; phones look at the first 10.",
    "Keep the 10 places that matter.",
)
LOCATION_BOUNDS = rule(
    "location_bounds",
    Severity.REFUSED,
    "{key} is {value}; it lies between -{bound} and {bound} degrees.",
    "Write degrees; check that latitude and longitude are not exchanged.",
)
DISTANCE_TEXT = rule(
    "max_distance_text",
    Severity.HIDDEN,
    "maxDistance is the text “{value}”; phones drop it without a word.",
    "Write it as a number of metres, without quotes.",
)
DISTANCE_NEGATIVE = rule(
    "max_distance_not_positive",
    Severity.HIDDEN,
    "maxDistance is {value}, so the pass is never near a place.",
    "Write a number of metres greater than 0.",
)
BEACONS_MANY = rule(
    "beacons_many",
    Severity.HIDDEN,
    "beacons has {count} entries; phones look at the first 10.",
    "Keep 10, or give several beacons the same UUID.",
)
BEACON_UUID = rule(
    "beacon_uuid_form",
    Severity.REFUSED,
    "proximityUUID is “{value}”, which is not a UUID.",
    "Write 32 hexadecimal digits in groups of 8-4-4-4-12.",
)
BEACON_RANGE = rule(
    "beacon_number_range",
    Severity.REFUSED,
    "{key} is {value}; a beacon's numbers are whole and go from 0 to 65535.",
    "Copy the number from the beacon's settings.",
)
INTERVAL_HALF = rule(
    "relevant_date_half",
    Severity.HIDDEN,
    "The interval has no {missing}, so phones do not use it.",
    "Give both startDate and endDate, or a date alone.",
)
INTERVAL_ORDER = rule(
    "relevant_date_order",
    Severity.HIDDEN,
    "The interval ends before it starts, so phones do not use it.",
    "Exchange startDate and endDate.",
)
INTERVAL_LONG = rule(
    "relevant_date_long",
    Severity.ADVICE,
    "The interval lasts {hours} hours; intervals of more than 24 hours are known not to work everywhere.",
    "Shorten it to 24 hours, or write one interval a day.",
)
RELEVANT_EMPTY = rule(
    "relevant_date_empty",
    Severity.HIDDEN,
    "The entry has neither a date nor an interval.",
    "Give a date, or startDate and endDate.",
)
RELEVANT_BETA = rule(
    "relevant_date_beta_key",
    Severity.HIDDEN,
    "The entry uses the key relevantDate of a beta; the key is date.",
    "Rename relevantDate to date.",
)
RELEVANT_IGNORED = rule(
    "relevant_date_ignored",
    Severity.HIDDEN,
    "{key} has no effect on a {style}; it is brought up by places alone.",
    "Remove {key}, or add locations.",
)
RELEVANT_PLACE = rule(
    "relevant_date_without_place",
    Severity.HIDDEN,
    "{key} has no effect on a generic pass without a place.",
    "Add locations, or make the pass an eventTicket.",
)
RELEVANT_DEPRECATED = rule(
    "relevant_date_deprecated",
    Severity.ADVICE,
    "Only relevantDate is given, which Apple replaced by relevantDates in iOS 18.",
    'Write "relevantDates": [{{"date": …}}] as well.',
)
RELEVANT_OLD_SYSTEMS = rule(
    "relevant_date_old_systems",
    Severity.ADVICE,
    "Only relevantDates is given, which systems before iOS 18 do not know.",
    "Write the first date into relevantDate as well.",
)

MOST = 10
LONGEST_INTERVAL = timedelta(hours=24)
BOUNDS = {"latitude": 90, "longitude": 180}
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

LOCATIONS = list_of(
    object_of(
        {"latitude": number, "longitude": number, "altitude": number, "relevantText": text},
        required=("latitude", "longitude"),
    )
)
BEACONS = list_of(
    object_of(
        {"proximityUUID": text, "major": number, "minor": number, "relevantText": text},
        required=("proximityUUID",),
    )
)
RELEVANT_DATES = list_of(object_of({"date": date, "startDate": date, "endDate": date, "relevantDate": date}))


def distance(value: Any, path: str) -> Iterator[Issue]:
    if isinstance(value, str):
        yield DISTANCE_TEXT.at(path, value=value)
    elif not shapes.is_number(value):
        yield shapes.wrong_type(value, path, "a number")
    elif value <= 0:
        yield DISTANCE_NEGATIVE.at(path, value=value)


def check_locations(document: Document) -> Iterator[Issue]:
    locations = sequence(document.keys.get("locations"))
    if len(locations) > MOST:
        yield LOCATIONS_MANY.at(document.path("locations"), count=len(locations))
    for index, location in enumerate(locations):
        for key, bound in BOUNDS.items():
            value = mapping(location).get(key)
            if shapes.is_number(value) and not -bound <= value <= bound:
                yield LOCATION_BOUNDS.at(document.path("locations", index, key), key=key, value=value, bound=bound)


def check_beacons(document: Document) -> Iterator[Issue]:
    beacons = sequence(document.keys.get("beacons"))
    if len(beacons) > MOST:
        yield BEACONS_MANY.at(document.path("beacons"), count=len(beacons))
    for index, beacon in enumerate(beacons):
        yield from beacon_issues(mapping(beacon), document.path("beacons", index))


def beacon_issues(beacon: dict[str, Any], path: str) -> Iterator[Issue]:
    uuid = beacon.get("proximityUUID")
    if isinstance(uuid, str) and not UUID.fullmatch(uuid):
        yield BEACON_UUID.at(f"{path}/proximityUUID", value=uuid)
    for key in ("major", "minor"):
        value = beacon.get(key)
        if shapes.is_number(value) and value not in range(65536):
            yield BEACON_RANGE.at(f"{path}/{key}", key=key, value=value)


def check_relevant_dates(document: Document) -> Iterator[Issue]:
    for index, entry in enumerate(sequence(document.keys.get("relevantDates"))):
        if isinstance(entry, dict):
            yield from relevant_date_issues(entry, document.path("relevantDates", index))


def relevant_date_issues(entry: dict[str, Any], path: str) -> Iterator[Issue]:
    if "date" in entry:
        return
    if "relevantDate" in entry:
        yield RELEVANT_BETA.at(f"{path}/relevantDate")
    elif not {"startDate", "endDate"} & entry.keys():
        yield RELEVANT_EMPTY.at(path)
    elif missing := {"startDate", "endDate"} - entry.keys():
        yield INTERVAL_HALF.at(path, missing=missing.pop())
    else:
        yield from interval_issues(entry, path)


def interval_issues(entry: dict[str, Any], path: str) -> Iterator[Issue]:
    start, end = shapes.moment(entry["startDate"]), shapes.moment(entry["endDate"])
    if start is None or end is None:
        return
    if end < start:
        yield INTERVAL_ORDER.at(path)
    elif end - start > LONGEST_INTERVAL:
        yield INTERVAL_LONG.at(path, hours=round((end - start) / timedelta(hours=1)))


def check_effect(document: Document) -> Iterator[Issue]:
    """A date brings up only the styles that are about a time."""
    style, keys = document.style, [key for key in ("relevantDate", "relevantDates") if key in document.keys]
    if not keys or style is None:
        return
    if style == StyleKey.GENERIC and not {"locations", "beacons"} & document.keys.keys():
        yield RELEVANT_PLACE.at(document.path(keys[0]), key=keys[0])
    elif style not in (*RELEVANT_BY_DATE, StyleKey.GENERIC):
        yield RELEVANT_IGNORED.at(document.path(keys[0]), key=keys[0], style=style)
    elif keys == ["relevantDate"]:
        yield RELEVANT_DEPRECATED.at(document.path("relevantDate"))
    elif keys == ["relevantDates"]:
        yield RELEVANT_OLD_SYSTEMS.at(document.path("relevantDates"))


CHECKS = (check_locations, check_beacons, check_relevant_dates, check_effect)
