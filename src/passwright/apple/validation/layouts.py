"""The newer layouts: what they need so that a phone does not quietly draw the older one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from passwright.apple.fields import TransitType
from passwright.apple.pass_json import BarcodeFormat
from passwright.apple.styles import POSTER_EVENT_TAGS, SEMANTIC_BOARDING_TAGS
from passwright.apple.validation import shapes
from passwright.apple.validation.document import GROUPS, POSTER_GENERIC, Document, mapping
from passwright.apple.validation.issue import Issue, Severity, rules_about

rule = rules_about("Newer layouts")

POSTER_EVENT_NFC = rule(
    "poster_event_without_nfc",
    Severity.HIDDEN,
    "The poster layout needs nfc; without it phones draw the older event ticket.",
    "Add nfc, or remove posterEventTicket from preferredStyleSchemes.",
)
POSTER_EVENT_AUTHENTICATION = rule(
    "poster_event_without_authentication",
    Severity.HIDDEN,
    "The poster layout needs nfc with requiresAuthentication; without it phones draw the older event ticket.",
    "Set requiresAuthentication to true or false.",
)
POSTER_EVENT_TAG = rule(
    "poster_event_tag_missing",
    Severity.HIDDEN,
    "The semantic tag {tag} is missing, so phones draw the older event ticket.",
    "Add semantics/{tag}.",
)
POSTER_EVENT_PICTURE = rule(
    "poster_event_without_picture",
    Severity.HIDDEN,
    "The poster layout needs the picture artwork or background; without it phones draw the older event ticket.",
    "Add artwork@2x.png (716 × 896) and artwork@3x.png (1074 × 1344).",
)
POSTER_EVENT_BARCODE = rule(
    "poster_event_barcode",
    Severity.HIDDEN,
    "The poster layout draws no barcode; it lets people in by NFC.",
    "Remove posterEventTicket from preferredStyleSchemes if the code is needed at the door.",
)
POSTER_EVENT_ADVISED = rule(
    "poster_event_tag_advised",
    Severity.ADVICE,
    "The semantic tag {tag} is missing; the poster layout has a place for it.",
    "Add semantics/{tag}.",
)
POSTER_EMPTY_LEGACY = rule(
    "poster_without_older_fields",
    Severity.HIDDEN,
    "The {style} has no fields, so systems that do not know the newer layout show an empty pass.",
    "Add fields to {style} as well.",
)
BOARDING_NOT_AIR = rule(
    "semantic_boarding_not_air",
    Severity.HIDDEN,
    "The semantic layout of boarding passes is for flights; transitType is {value}.",
    "Use PKTransitTypeAir, or remove semanticBoardingPass from preferredStyleSchemes.",
)
BOARDING_TAG = rule(
    "semantic_boarding_tag_missing",
    Severity.HIDDEN,
    "The semantic tag {tag} is missing, so phones draw the older boarding pass.",
    "Add semantics/{tag}.",
)
BOARDING_ORDER = rule(
    "semantic_boarding_times",
    Severity.ADVICE,
    "{later} is before {earlier}.",
    "Check both dates and their zones: boarding, departure, arrival.",
)
BOARDING_LIVE_ACTIVITY = rule(
    "semantic_boarding_live_activity",
    Severity.HIDDEN,
    "With associatedStoreIdentifiers Wallet does not start its Live Activity for the flight.",
    "Remove associatedStoreIdentifiers, unless the app brings its own.",
)
POSTER_GENERIC_BOARDING = rule(
    "poster_generic_with_boarding_pass",
    Severity.HIDDEN,
    "posterGeneric is not drawn beside boardingPass.",
    "Use generic, storeCard, coupon or eventTicket beside it.",
)
POSTER_GENERIC_PICTURE = rule(
    "poster_generic_without_artwork",
    Severity.HIDDEN,
    "posterGeneric needs the picture artwork.",
    "Add artwork@2x.png (716 × 896) and artwork@3x.png (1074 × 1344).",
)
POSTER_GENERIC_CODE = rule(
    "poster_generic_code_not_square",
    Severity.HIDDEN,
    "posterGeneric has room for a square code only, and {format} is none.",
    "Put a QR or Aztec code first in barcodes.",
)
POSTER_GENERIC_EXPIRY = rule(
    "poster_generic_never_expires",
    Severity.ADVICE,
    "The pass has no expirationDate, and generic passes do not expire by themselves.",
    "Set an expirationDate if the pass has an end.",
)

TAGS_OF_EVENT = {
    "PKEventTypeSports": ("homeTeamAbbreviation", "awayTeamAbbreviation"),
    "PKEventTypeLivePerformance": ("performerNames",),
}
WIDE_CODES = tuple(format for format in BarcodeFormat if format not in (BarcodeFormat.QR, BarcodeFormat.AZTEC))
FLIGHT_TIMES = ("originalBoardingDate", "originalDepartureDate", "originalArrivalDate")


def check_poster_event(document: Document) -> Iterator[Issue]:
    if not document.is_poster_event:
        return
    yield from poster_event_nfc(document)
    event_type = document.semantics.get("eventType")
    for tag in (*POSTER_EVENT_TAGS, *TAGS_OF_EVENT.get(str(event_type), ())):
        if lacks(document.semantics, tag):
            yield POSTER_EVENT_TAG.at(document.path("semantics"), tag=tag)
    for tag in advised_tags(document.semantics):
        yield POSTER_EVENT_ADVISED.at(document.path("semantics"), tag=tag)
    if document.files is not None and not {"artwork", "background"} & document.pictures():
        yield POSTER_EVENT_PICTURE.at(document.path("preferredStyleSchemes"))
    if document.barcodes:
        yield POSTER_EVENT_BARCODE.at(document.path("barcodes"))


def poster_event_nfc(document: Document) -> Iterator[Issue]:
    if "nfc" not in document.keys:
        yield POSTER_EVENT_NFC.at("pass.json")
    elif "requiresAuthentication" not in mapping(document.keys["nfc"]):
        yield POSTER_EVENT_AUTHENTICATION.at(document.path("nfc"))


def advised_tags(semantics: dict[str, Any]) -> Iterator[str]:
    """What Apple's Pass Builder warns about."""
    if not {"eventStartDate", "eventStartDateInfo"} & semantics.keys():
        yield "eventStartDate"
    if lacks(semantics, "seats"):
        yield "seats"
    if semantics.get("eventType") == "PKEventTypeLivePerformance" and lacks(semantics, "artistIDs"):
        yield "artistIDs"


def lacks(semantics: dict[str, Any], tag: str) -> bool:
    return semantics.get(tag) in (None, "", [], {})


def check_older_fields(document: Document) -> Iterator[Issue]:
    newer = document.is_poster_event or document.is_semantic_boarding or document.is_poster_generic
    if newer and document.style and not any(document.body.get(group) for group in GROUPS):
        yield POSTER_EMPTY_LEGACY.at(document.path(document.style), style=document.style)


def check_semantic_boarding(document: Document) -> Iterator[Issue]:
    if not document.is_semantic_boarding:
        return
    transit = document.body.get("transitType")
    if transit in tuple(TransitType) and transit != TransitType.AIR:
        yield BOARDING_NOT_AIR.at(document.path("boardingPass", "transitType"), value=transit)
    for tag in SEMANTIC_BOARDING_TAGS:
        if lacks(document.semantics, tag):
            yield BOARDING_TAG.at(document.path("semantics"), tag=tag)
    if document.keys.get("associatedStoreIdentifiers"):
        yield BOARDING_LIVE_ACTIVITY.at(document.path("associatedStoreIdentifiers"))


def check_flight_times(document: Document) -> Iterator[Issue]:
    """Wallet computes the live boarding time from the distances between these."""
    if document.style == "boardingPass":
        yield from order_issues(document, FLIGHT_TIMES)


def order_issues(document: Document, keys: Sequence[str]) -> Iterator[Issue]:
    times = [(key, moment) for key in keys if (moment := shapes.moment(document.semantics.get(key)))]
    for (earlier, first), (later, second) in pairwise(times):
        if second < first:
            yield BOARDING_ORDER.at(document.path("semantics", later), earlier=earlier, later=later)


def check_poster_generic(document: Document) -> Iterator[Issue]:
    if not document.is_poster_generic:
        return
    if document.style == "boardingPass":
        yield POSTER_GENERIC_BOARDING.at(document.path(POSTER_GENERIC))
    if document.files is not None and "artwork" not in document.pictures():
        yield POSTER_GENERIC_PICTURE.at(document.path(POSTER_GENERIC))
    for path, code in document.barcodes[:1]:
        if code.get("format") in WIDE_CODES:
            yield POSTER_GENERIC_CODE.at(f"{path}/format", format=code["format"])
    if "expirationDate" not in document.keys:
        yield POSTER_GENERIC_EXPIRY.at("pass.json")


CHECKS = (
    check_poster_event,
    check_older_fields,
    check_semantic_boarding,
    check_flight_times,
    check_poster_generic,
)
