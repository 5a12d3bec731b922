"""upcomingPassInformation: the further dates of a season ticket (iOS 26)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from passwright.apple.validation import shapes
from passwright.apple.validation.document import Document, mapping, sequence
from passwright.apple.validation.fields import back_fields
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.semantic_tags import tags, time_zone
from passwright.apple.validation.shapes import boolean, date, link, list_of, number, object_of, one_of, text

rule = rules_about("Upcoming events")

UPCOMING_IDENTIFIER = rule(
    "upcoming_identifier_duplicate",
    Severity.HIDDEN,
    "Two upcoming events have the identifier “{value}”.",
    "Give each event an identifier of its own.",
)
PICTURE_HTTPS = rule(
    "upcoming_picture_not_https",
    Severity.HIDDEN,
    "The picture's address is “{value}”; phones load it over https alone.",
    "Serve the picture over https.",
)
PICTURE_HASH = rule(
    "upcoming_picture_hash",
    Severity.HIDDEN,
    "SHA256 is “{value}”, which is not a SHA-256 in hexadecimal, so phones drop the picture.",
    "Write the 64 hexadecimal digits of the picture's SHA-256.",
)
PICTURE_LARGE = rule(
    "upcoming_picture_large",
    Severity.HIDDEN,
    "The picture has {size} bytes; phones load at most 2 MB.",
    "Make the picture smaller.",
)

GUIDE_LINKS = {
    **dict.fromkeys(
        (
            "accessibilityURL",
            "addOnURL",
            "bagPolicyURL",
            "contactVenueWebsite",
            "directionsInformationURL",
            "merchandiseURL",
            "orderFoodURL",
            "parkingInformationURL",
            "purchaseParkingURL",
            "sellURL",
            "transferURL",
            "transitInformationURL",
        ),
        link,
    ),
    **dict.fromkeys(("contactVenueEmail", "contactVenuePhoneNumber"), text),
}
"""The event guide's links, at the top level of a poster event ticket and in each upcoming event."""

LARGEST_PICTURE = 2_000_000
SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


def address(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield from text(value, path)
    elif not (shapes.is_link(value) and value.lower().startswith("https:")):
        yield PICTURE_HTTPS.at(path, value=value)


def digest(value: Any, path: str) -> Iterator[Issue]:
    if not isinstance(value, str):
        yield from text(value, path)
    elif not SHA256.fullmatch(value):
        yield PICTURE_HASH.at(path, value=value)


def size(value: Any, path: str) -> Iterator[Issue]:
    yield from number(value, path)
    if shapes.is_number(value) and value > LARGEST_PICTURE:
        yield PICTURE_LARGE.at(path, size=value)


PICTURE = object_of(
    {
        "URLs": list_of(
            object_of({"URL": address, "SHA256": digest, "scale": number, "size": size}, required=("URL", "SHA256"))
        ),
        "reuseExisting": boolean,
    }
)
WHEN = object_of(
    {
        "date": date,
        "timeZone": time_zone,
        **dict.fromkeys(("ignoreTimeComponents", "isAllDay", "isUnannounced", "isUndetermined"), boolean),
    }
)
UPCOMING = list_of(
    object_of(
        {
            "identifier": text,
            "name": text,
            "type": one_of(("event",)),
            "isActive": boolean,
            "dateInformation": WHEN,
            "images": object_of({"headerImage": PICTURE, "venueMap": PICTURE}),
            "semantics": tags,
            "URLs": object_of(GUIDE_LINKS),
            "auxiliaryStoreIdentifiers": list_of(number),
            "additionalInfoFields": back_fields,
            "backFields": back_fields,
        },
        required=("identifier", "name", "type"),
    )
)


def check_identifiers(document: Document) -> Iterator[Issue]:
    seen = set()
    for index, event in enumerate(sequence(document.keys.get("upcomingPassInformation"))):
        identifier = mapping(event).get("identifier")
        if isinstance(identifier, str) and identifier in seen:
            path = document.path("upcomingPassInformation", index, "identifier")
            yield UPCOMING_IDENTIFIER.at(path, value=identifier)
        elif isinstance(identifier, str):
            seen.add(identifier)


CHECKS = (check_identifiers,)
