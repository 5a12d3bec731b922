"""Each rule about pass.json: one change to a good pass, exactly one finding."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from passwright.apple.validation import RULES, Severity, lint_pass_json
from tests.apple.validation.good import (
    AT,
    NFC_KEY,
    STYLES,
    Change,
    changed,
    drop,
    field,
    files_of,
    put,
    uncompressed_key,
)

GENERIC, COUPON, CARD, TICKET = "generic", "coupon", "storeCard", "eventTicket"
POSTER, FLIGHT, POSTER_GENERIC = "posterEventTicket", "semanticBoardingPass", "posterGeneric"

QR = {"format": "PKBarcodeFormatQR", "message": "1", "messageEncoding": "utf-8"}
VALUE = "generic/primaryFields/0/value"


def code(format: str, message: str, encoding: str = "iso-8859-1") -> list[Any]:
    return [{"format": f"PKBarcodeFormat{format}", "message": message, "messageEncoding": encoding}, QR]


def fields(count: int) -> list[Any]:
    return [field(f"f{n}", "x") for n in range(count)]


CASES: list[tuple[str, str, str, list[Change]]] = [
    # code, style of the good pass, path of the finding, changes
    ("wrong_type", GENERIC, "description", [put("description", None)]),
    ("wrong_type", GENERIC, "locations", [put("locations", {}), drop("relevantDate"), drop("relevantDates")]),
    ("wrong_type", GENERIC, "voided", [put("voided", "true")]),
    ("wrong_type", GENERIC, "generic/backFields", [put("generic/backFields", {})]),
    ("wrong_type", GENERIC, "generic/backFields/1", [put("generic/backFields/-", "text")]),
    ("wrong_type", GENERIC, "generic", [put("generic", [])]),
    ("wrong_type", GENERIC, VALUE, [put(VALUE, True)]),
    ("wrong_type", GENERIC, "maxDistance", [put("maxDistance", None)]),
    ("wrong_type", GENERIC, "backgroundColor", [put("backgroundColor", [34, 60, 107])]),
    ("wrong_type", GENERIC, "expirationDate", [put("expirationDate", 1795000000)]),
    ("wrong_type", FLIGHT, "semantics/passengerName", [put("semantics/passengerName", "Johnny Appleseed")]),
    ("number_as_text", GENERIC, "formatVersion", [put("formatVersion", "1")]),
    ("number_as_text", GENERIC, "associatedStoreIdentifiers/0", [put("associatedStoreIdentifiers/0", "375380948")]),
    ("number_as_text", FLIGHT, "semantics/flightNumber", [put("semantics/flightNumber", "815")]),
    ("number_as_text", GENERIC, "locations/0/latitude", [put("locations/0/latitude", "37.6")]),
    ("text_as_number", GENERIC, "serialNumber", [put("serialNumber", 1234567890123456)]),
    ("text_as_number", CARD, "semantics/balance/amount", [put("semantics/balance/amount", 21.75)]),
    ("text_as_number", GENERIC, "generic/primaryFields/0/label", [put("generic/primaryFields/0/label", 5)]),
    *(
        ("key_missing", GENERIC, "", [drop(key)])
        for key in (
            "formatVersion",
            "passTypeIdentifier",
            "serialNumber",
            "teamIdentifier",
            "organizationName",
            "description",
        )
    ),
    ("key_missing", GENERIC, "barcodes/0", [drop("barcodes/0/messageEncoding")]),
    ("key_missing", GENERIC, "locations/0", [drop("locations/0/longitude")]),
    ("key_missing", GENERIC, "beacons/0", [drop("beacons/0/proximityUUID")]),
    ("key_missing", CARD, "nfc", [drop("nfc/encryptionPublicKey")]),
    ("key_missing", POSTER, "upcomingPassInformation/0", [drop("upcomingPassInformation/0/name")]),
    ("key_missing", POSTER, "semantics/wifiAccess/0", [drop("semantics/wifiAccess/0/password")]),
    ("key_misspelled", GENERIC, "logotext", [put("logotext", "Toy Town")]),
    (
        "unknown_word",
        GENERIC,
        "generic/headerFields/0/textAlignment",
        [put("generic/headerFields/0/textAlignment", "left")],
    ),
    ("unknown_word", FLIGHT, "boardingPass/transitType", [put("boardingPass/transitType", "PKTransitTypePlane")]),
    ("unknown_word", GENERIC, "barcodes/0/format", [put("barcodes/0/format", "PKBarcodeFormatDataMatrix")]),
    ("unknown_word", GENERIC, "featuredActions/0/type", [put("featuredActions/0/type", "dance")]),
    ("unknown_word", POSTER, "semantics/eventType", [put("semantics/eventType", "Concert")]),
    ("unknown_word", POSTER, "preferredStyleSchemes/2", [put("preferredStyleSchemes/-", "poster")]),
    ("link_form", GENERIC, "appLaunchURL", [put("appLaunchURL", "toytown")]),
    ("link_form", POSTER, "bagPolicyURL", [put("bagPolicyURL", "www.example.com")]),
    # Dates
    ("date_without_zone", GENERIC, "expirationDate", [put("expirationDate", "2027-11-22T10:00:00")]),
    (
        "date_without_zone",
        FLIGHT,
        "semantics/originalArrivalDate",
        [put("semantics/originalArrivalDate", "2026-12-25T07:00")],
    ),
    ("date_zone_without_colon", GENERIC, "expirationDate", [put("expirationDate", "2027-11-22T10:00:00+0100")]),
    ("date_without_time", GENERIC, "relevantDate", [put("relevantDate", "2026-12-24")]),
    ("date_form", GENERIC, "expirationDate", [put("expirationDate", "22.11.2027")]),
    ("date_form", GENERIC, "expirationDate", [put("expirationDate", "2027-02-30T10:00Z")]),
    ("date_fraction", GENERIC, "expirationDate", [put("expirationDate", "2027-11-22T10:00:00.123Z")]),
    # The pass
    ("format_version_not_1", GENERIC, "formatVersion", [put("formatVersion", 2)]),
    ("pass_type_identifier_prefix", GENERIC, "passTypeIdentifier", [put("passTypeIdentifier", "com.example.card")]),
    ("serial_number_empty", GENERIC, "serialNumber", [put("serialNumber", "")]),
    ("serial_number_characters", GENERIC, "serialNumber", [put("serialNumber", "2026/0001")]),
    ("team_identifier_form", GENERIC, "teamIdentifier", [put("teamIdentifier", "Toy Town")]),
    ("text_empty", GENERIC, "organizationName", [put("organizationName", "")]),
    ("text_empty", GENERIC, "description", [put("description", " ")]),
    ("style_missing", COUPON, "", [drop("coupon")]),
    ("style_twice", COUPON, "", [put("storeCard", {})]),
    ("poster_generic_alone", POSTER_GENERIC, "posterGeneric", [drop("generic")]),
    ("web_service_without_token", GENERIC, "webServiceURL", [drop("authenticationToken")]),
    ("token_too_short", GENERIC, "authenticationToken", [put("authenticationToken", "123456789012345")]),
    ("token_without_web_service", GENERIC, "authenticationToken", [drop("webServiceURL")]),
    ("web_service_http", GENERIC, "webServiceURL", [put("webServiceURL", "http://passes.example.com")]),
    ("web_service_http_private", GENERIC, "webServiceURL", [put("webServiceURL", "http://127.0.0.1:8000/apple")]),
    ("web_service_http_private", GENERIC, "webServiceURL", [put("webServiceURL", "http://[fd00::7]/apple")]),
    ("web_service_url_form", GENERIC, "webServiceURL", [put("webServiceURL", "passes.example.com")]),
    ("web_service_url_form", GENERIC, "webServiceURL", [put("webServiceURL", "ftp://passes.example.com")]),
    ("web_service_url_v1", GENERIC, "webServiceURL", [put("webServiceURL", "https://passes.example.com/v1/")]),
    ("web_service_url_query", GENERIC, "webServiceURL", [put("webServiceURL", "https://passes.example.com/?a=1")]),
    ("web_service_url_private", GENERIC, "webServiceURL", [put("webServiceURL", "https://192.168.1.7:8443/")]),
    ("web_service_url_private", GENERIC, "webServiceURL", [put("webServiceURL", "https://localhost/")]),
    ("app_launch_without_store_identifiers", GENERIC, "appLaunchURL", [drop("associatedStoreIdentifiers")]),
    ("grouping_identifier_style", GENERIC, "groupingIdentifier", [put("groupingIdentifier", "season")]),
    ("expired", GENERIC, "expirationDate", [put("expirationDate", "2026-11-22T12:59+01:00")]),
    (
        "featured_actions_many",
        GENERIC,
        "featuredActions",
        [put("featuredActions/-", {"identifier": "shop", "type": "shop", "url": "https://example.com"})],
    ),
    ("featured_action_without_place", GENERIC, "featuredActions/1", [drop("featuredActions/1/placeIdentifier")]),
    ("featured_action_without_url", GENERIC, "featuredActions/0", [drop("featuredActions/0/url")]),
    ("featured_action_call", GENERIC, "featuredActions/0/url", [put("featuredActions/0/url", "https://example.com")]),
    (
        "featured_actions_style",
        FLIGHT,
        "featuredActions",
        [put("featuredActions", [{"identifier": "shop", "type": "shop", "url": "https://example.com"}])],
    ),
    ("style_scheme_mismatch", COUPON, "preferredStyleSchemes", [put("preferredStyleSchemes", ["posterEventTicket"])]),
    (
        "style_scheme_without_fallback",
        FLIGHT,
        "preferredStyleSchemes",
        [put("preferredStyleSchemes", ["semanticBoardingPass"])],
    ),
    ("key_only_for_poster_event", GENERIC, "sellURL", [put("sellURL", "https://example.com/sell")]),
    ("key_only_for_semantic_boarding", GENERIC, "upgradeURL", [put("upgradeURL", "https://example.com/up")]),
    # Fields
    ("field_key_missing", GENERIC, "generic/primaryFields/0", [drop("generic/primaryFields/0/key")]),
    (
        "field_key_missing",
        POSTER,
        "upcomingPassInformation/0/backFields/0",
        [drop("upcomingPassInformation/0/backFields/0/key")],
    ),
    ("field_value_missing", GENERIC, VALUE, [drop(VALUE)]),
    ("field_key_duplicate", GENERIC, "generic/primaryFields/0/key", [put("generic/primaryFields/0/key", "level")]),
    (
        "field_key_shared",
        POSTER_GENERIC,
        "posterGeneric/primaryFields/0/key",
        [put("posterGeneric/primaryFields/0/key", "member")],
    ),
    (
        "date_style_value",
        GENERIC,
        "generic/secondaryFields/0/value",
        [put("generic/secondaryFields/0/value", "1 April 2012")],
    ),
    ("date_style_value", GENERIC, "generic/secondaryFields/0/value", [put("generic/secondaryFields/0/value", 2012)]),
    (
        "number_style_value",
        GENERIC,
        "generic/auxiliaryFields/0/value",
        [put("generic/auxiliaryFields/0/value", "1200")],
    ),
    ("currency_value", GENERIC, "generic/secondaryFields/1/value", [put("generic/secondaryFields/1/value", "21.75")]),
    (
        "currency_code_unknown",
        GENERIC,
        "generic/secondaryFields/1/currencyCode",
        [put("generic/secondaryFields/1/currencyCode", "euro")],
    ),
    (
        "currency_with_number_style",
        GENERIC,
        "generic/secondaryFields/1/numberStyle",
        [put("generic/secondaryFields/1/numberStyle", "PKNumberStyleDecimal")],
    ),
    (
        "date_flag_without_style",
        GENERIC,
        "generic/primaryFields/0/isRelative",
        [put("generic/primaryFields/0/isRelative", True)],
    ),
    (
        "text_alignment_ignored",
        GENERIC,
        "generic/primaryFields/0/textAlignment",
        [put("generic/primaryFields/0/textAlignment", "PKTextAlignmentLeft")],
    ),
    (
        "text_alignment_ignored",
        GENERIC,
        "generic/backFields/0/textAlignment",
        [put("generic/backFields/0/textAlignment", "PKTextAlignmentLeft")],
    ),
    (
        "data_detectors_on_front",
        GENERIC,
        "generic/primaryFields/0/dataDetectorTypes",
        [put("generic/primaryFields/0/dataDetectorTypes", [])],
    ),
    (
        "attributed_value_on_front",
        GENERIC,
        "generic/primaryFields/0/attributedValue",
        [put("generic/primaryFields/0/attributedValue", "x")],
    ),
    (
        "attributed_value_markup",
        GENERIC,
        "generic/backFields/0/attributedValue",
        [put("generic/backFields/0/attributedValue", "<b>bold</b> and <a href='https://example.com'>link</a>")],
    ),
    ("row_elsewhere", GENERIC, "generic/auxiliaryFields/0/row", [put("generic/auxiliaryFields/0/row", 1)]),
    ("row_value", TICKET, "eventTicket/auxiliaryFields/0/row", [put("eventTicket/auxiliaryFields/0/row", 2)]),
    (
        "change_message_without_value",
        GENERIC,
        "generic/primaryFields/0/changeMessage",
        [put("generic/primaryFields/0/changeMessage", "New")],
    ),
    (
        "change_message_value_twice",
        GENERIC,
        "generic/primaryFields/0/changeMessage",
        [put("generic/primaryFields/0/changeMessage", "%@ and %@")],
    ),
    (
        "change_message_percent",
        GENERIC,
        "generic/primaryFields/0/changeMessage",
        [put("generic/primaryFields/0/changeMessage", "%@ is 20% off")],
    ),
    ("fields_not_for_style", GENERIC, "generic/footerFields", [put("generic/footerFields", fields(1))]),
    (
        "fields_not_for_style",
        POSTER_GENERIC,
        "posterGeneric/secondaryFields",
        [put("posterGeneric/secondaryFields", fields(1))],
    ),
    (
        "fields_not_for_style",
        TICKET,
        "eventTicket/additionalInfoFields",
        [put("eventTicket/additionalInfoFields", fields(1))],
    ),
    ("fields_overflow", COUPON, "coupon/headerFields", [put("coupon/headerFields", fields(4))]),
    ("fields_overflow", COUPON, "coupon/primaryFields", [put("coupon/primaryFields", fields(2))]),
    ("fields_overflow", GENERIC, "generic/secondaryFields", [put("generic/secondaryFields", fields(5))]),
    ("fields_overflow", FLIGHT, "boardingPass/auxiliaryFields", [put("boardingPass/auxiliaryFields", fields(6))]),
    ("fields_overflow", TICKET, "eventTicket/auxiliaryFields", [put("eventTicket/auxiliaryFields", fields(5))]),
    ("fields_overflow", POSTER_GENERIC, "posterGeneric/footerFields", [put("posterGeneric/footerFields", fields(3))]),
    ("fields_combined_overflow", CARD, "storeCard/auxiliaryFields", [put("storeCard/secondaryFields", fields(4))]),
    (
        "fields_beside_square_code",
        GENERIC,
        "generic/auxiliaryFields",
        [put("generic/auxiliaryFields", fields(3)), put("barcodes", [QR])],
    ),
    ("line_break_on_front", GENERIC, VALUE, [put(VALUE, "Johnny\nAppleseed")]),
    ("transit_type_missing", FLIGHT, "boardingPass", [drop("boardingPass/transitType")]),
    ("transit_type_elsewhere", GENERIC, "generic/transitType", [put("generic/transitType", "PKTransitTypeAir")]),
    # Colours
    ("colour_form", GENERIC, "labelColor", [put("labelColor", "white")]),
    ("colour_form", GENERIC, "labelColor", [put("labelColor", "rgb(255, 255, 256)")]),
    ("colour_hex", GENERIC, "labelColor", [put("labelColor", "#FFF")]),
    ("colour_hex", GENERIC, "labelColor", [put("labelColor", "#ffffff")]),
    ("colour_rgba", GENERIC, "labelColor", [put("labelColor", "rgba(255, 255, 255, 0.5)")]),
    ("contrast_low", GENERIC, "labelColor", [put("labelColor", "rgb(60, 80, 120)")]),
    # Barcodes
    ("barcodes_not_a_list", GENERIC, "barcodes", [put("barcodes", QR)]),
    ("barcode_encoding_unknown", GENERIC, "barcodes/0/messageEncoding", [put("barcodes/0/messageEncoding", "rot13")]),
    (
        "barcode_encoding_unknown",
        GENERIC,
        "barcodes/0/messageEncoding",
        [put("barcodes/0/messageEncoding", "iso-8859-99")],
    ),
    ("barcode_not_encodable", GENERIC, "barcodes/0/message", [put("barcodes/0/message", "Łódź")]),
    (
        "barcode_encoding_for_scanners",
        GENERIC,
        "barcodes/0/messageEncoding",
        [put("barcodes/0/messageEncoding", "utf-8"), put("barcodes/0/message", "Málaga")],
    ),
    ("barcode_message_empty", GENERIC, "barcodes/0/message", [put("barcodes/0/message", "")]),
    ("barcode_message_form", GENERIC, "barcodes/0/message", [put("barcodes", code("Code128", "Málaga"))]),
    ("barcode_message_form", GENERIC, "barcodes/0/message", [put("barcodes", code("Code39", "abc"))]),
    ("barcode_message_form", GENERIC, "barcodes/0/message", [put("barcodes", code("Codabar", "A12X4B"))]),
    ("barcode_message_form", GENERIC, "barcodes/0/message", [put("barcodes", code("I2of5", "123"))]),
    ("barcode_message_form", GENERIC, "barcodes/0/message", [put("barcodes", code("EAN13", "12345"))]),
    ("barcode_message_form", GENERIC, "barcodes/0/message", [put("barcodes", code("EAN13", "4006381333932"))]),
    ("barcode_message_long", GENERIC, "barcodes/0/message", [put("barcodes/0/message", "x" * 1109)]),
    ("barcode_needs_ios_27", GENERIC, "barcodes", [put("barcodes", code("EAN13", "4006381333931")[:1])]),
    ("barcode_deprecated_alone", GENERIC, "barcode", [drop("barcodes"), put("barcode", QR)]),
    ("barcode_not_on_watch", GENERIC, "barcodes", [put("barcodes", code("Code128", "1")[:1])]),
    # NFC
    ("nfc_message_long", CARD, "nfc/message", [put("nfc/message", "€" * 22)]),
    (
        "nfc_key_pem",
        CARD,
        "nfc/encryptionPublicKey",
        [put("nfc/encryptionPublicKey", f"-----BEGIN PUBLIC KEY-----\n{NFC_KEY}")],
    ),
    ("nfc_key_form", CARD, "nfc/encryptionPublicKey", [put("nfc/encryptionPublicKey", "c2VjcmV0")]),
    ("nfc_key_form", CARD, "nfc/encryptionPublicKey", [put("nfc/encryptionPublicKey", "é")]),
    (
        "nfc_key_uncompressed",
        CARD,
        "nfc/encryptionPublicKey",
        [put("nfc/encryptionPublicKey", base64.b64encode(uncompressed_key()).decode())],
    ),
    # Places and times
    ("locations_many", GENERIC, "locations", [put("locations", [{"latitude": 0, "longitude": n} for n in range(11)])]),
    ("location_bounds", GENERIC, "locations/0/latitude", [put("locations/0/latitude", 91)]),
    ("location_bounds", GENERIC, "locations/0/longitude", [put("locations/0/longitude", -180.5)]),
    ("max_distance_text", GENERIC, "maxDistance", [put("maxDistance", "500")]),
    ("max_distance_not_positive", GENERIC, "maxDistance", [put("maxDistance", 0)]),
    (
        "beacons_many",
        GENERIC,
        "beacons",
        [put("beacons", [{"proximityUUID": "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0", "major": n} for n in range(11)])],
    ),
    ("beacon_uuid_form", GENERIC, "beacons/0/proximityUUID", [put("beacons/0/proximityUUID", "E2C56DB5")]),
    ("beacon_number_range", GENERIC, "beacons/0/major", [put("beacons/0/major", 65536)]),
    ("beacon_number_range", GENERIC, "beacons/0/minor", [put("beacons/0/minor", 1.5)]),
    ("relevant_date_half", GENERIC, "relevantDates/1", [drop("relevantDates/1/endDate")]),
    ("relevant_date_order", GENERIC, "relevantDates/1", [put("relevantDates/1/endDate", "2026-12-25T09:59Z")]),
    ("relevant_date_long", GENERIC, "relevantDates/1", [put("relevantDates/1/endDate", "2026-12-26T10:01Z")]),
    ("relevant_date_empty", GENERIC, "relevantDates/1", [put("relevantDates/1", {})]),
    (
        "relevant_date_beta_key",
        GENERIC,
        "relevantDates/0/relevantDate",
        [put("relevantDates/0", {"relevantDate": "2026-12-24T10:00Z"})],
    ),
    ("relevant_date_ignored", COUPON, "relevantDate", [put("relevantDate", "2026-12-24T10:00Z")]),
    ("relevant_date_without_place", GENERIC, "relevantDate", [drop("locations"), drop("beacons")]),
    ("relevant_date_deprecated", TICKET, "relevantDate", [drop("relevantDates")]),
    ("relevant_date_old_systems", TICKET, "relevantDates", [drop("relevantDate")]),
    # Semantic tags
    (
        "time_zone_unknown",
        FLIGHT,
        "semantics/departureLocationTimeZone",
        [put("semantics/departureLocationTimeZone", "Lisbon")],
    ),
    (
        "balance_style",
        COUPON,
        "semantics/balance",
        [put("semantics", {"balance": {"amount": "1", "currencyCode": "EUR"}})],
    ),
    # Upcoming events
    (
        "upcoming_identifier_duplicate",
        POSTER,
        "upcomingPassInformation/1/identifier",
        [put("upcomingPassInformation/-", {"identifier": "second", "name": "Toys", "type": "event"})],
    ),
    (
        "upcoming_picture_not_https",
        POSTER,
        "upcomingPassInformation/0/images/headerImage/URLs/0/URL",
        [put("upcomingPassInformation/0/images/headerImage/URLs/0/URL", "http://example.com/a.png")],
    ),
    (
        "upcoming_picture_hash",
        POSTER,
        "upcomingPassInformation/0/images/headerImage/URLs/0/SHA256",
        [put("upcomingPassInformation/0/images/headerImage/URLs/0/SHA256", "0" * 40)],
    ),
    (
        "upcoming_picture_large",
        POSTER,
        "upcomingPassInformation/0/images/headerImage/URLs/0/size",
        [put("upcomingPassInformation/0/images/headerImage/URLs/0/size", 2_000_001)],
    ),
    # Newer layouts
    ("poster_event_without_nfc", POSTER, "", [drop("nfc")]),
    ("poster_event_without_authentication", POSTER, "nfc", [drop("nfc/requiresAuthentication")]),
    *(
        ("poster_event_tag_missing", POSTER, "semantics", [drop(f"semantics/{tag}")])
        for tag in ("eventName", "venueName", "venueRegionName", "venueRoom", "performerNames")
    ),
    (
        "poster_event_tag_missing",
        POSTER,
        "semantics",
        [put("semantics/eventType", "PKEventTypeSports"), put("semantics/homeTeamAbbreviation", "TOY")],
    ),
    *(
        ("poster_event_tag_advised", POSTER, "semantics", [drop(f"semantics/{tag}")])
        for tag in ("eventStartDate", "seats", "artistIDs")
    ),
    ("poster_event_barcode", POSTER, "barcodes", [put("barcodes", [QR])]),
    ("poster_without_older_fields", FLIGHT, "boardingPass", [put("boardingPass", {"transitType": "PKTransitTypeAir"})]),
    (
        "semantic_boarding_not_air",
        FLIGHT,
        "boardingPass/transitType",
        [put("boardingPass/transitType", "PKTransitTypeTrain")],
    ),
    *(
        ("semantic_boarding_tag_missing", FLIGHT, "semantics", [drop(f"semantics/{tag}")])
        for tag in (
            "airlineCode",
            "flightNumber",
            "passengerName",
            "originalBoardingDate",
            "destinationLocationTimeZone",
        )
    ),
    (
        "semantic_boarding_times",
        FLIGHT,
        "semantics/originalDepartureDate",
        [put("semantics/originalDepartureDate", "2026-12-24T18:00:00Z")],
    ),
    (
        "semantic_boarding_live_activity",
        FLIGHT,
        "associatedStoreIdentifiers",
        [put("associatedStoreIdentifiers", [375380948])],
    ),
    (
        "poster_generic_with_boarding_pass",
        POSTER_GENERIC,
        "posterGeneric",
        [
            drop("generic"),
            put("boardingPass", {"transitType": "PKTransitTypeAir", "primaryFields": [field("from", "LIS")]}),
        ],
    ),
    ("poster_generic_code_not_square", POSTER_GENERIC, "barcodes/0/format", [put("barcodes", code("Code128", "1"))]),
    ("poster_generic_never_expires", POSTER_GENERIC, "", [drop("expirationDate")]),
]

FILE_CASES = [
    # code, style, files that are taken away
    ("icon_missing", GENERIC, "icon"),
    ("poster_event_without_picture", POSTER, "artwork"),
    ("poster_generic_without_artwork", POSTER_GENERIC, "artwork"),
]

TEXT_CASES: list[tuple[str, bytes, str]] = [
    # code, text put in the place of `"formatVersion": 1,`, what the message names
    ("json_bom", b"", "byte order mark"),
    ("json_encoding", b'"formatVersion": 1, "logoText": "\xff",', "Byte "),
    ("json_syntax", b"'formatVersion': 1,", "line 1, column 2"),
    ("json_syntax", b'"formatVersion": 1, // one\n', "line 1, column "),
    ("json_trailing_comma", b'"formatVersion": 1, "userInfo": [1,\n],', "line 1, column 36"),
    ("json_duplicate_key", b'"formatVersion": 1, "formatVersion": 1,', "formatVersion stands twice"),
    ("json_not_a_number", b'"formatVersion": 1, "userInfo": NaN,', "NaN"),
    ("json_not_a_number", b'"formatVersion": 1, "userInfo": 1e999,', "1e999"),
    ("json_too_deep", b'"formatVersion": 1, "userInfo": ' + b"[" * 200 + b"]" * 200 + b",", "deeper"),
    ("json_too_deep", b'"formatVersion": 1, "userInfo": ' + b"[" * 90000 + b"]" * 90000 + b",", "deeper"),
    ("json_too_deep", b'"formatVersion": 1, "userInfo": ' + b"1" * 5000 + b",", "deeper"),
]


@pytest.mark.parametrize(("code", "style", "path", "changes"), CASES)
def test_one_change_makes_one_finding(code: str, style: str, path: str, changes: list[Change]) -> None:
    issues = lint_pass_json(changed(STYLES[style](), *changes), files=files_of(style), at=AT)
    wanted = "/".join(filter(None, ("pass.json", path)))
    assert [(issue.code, issue.path) for issue in issues] == [(code, wanted)]
    assert issues[0].severity is RULES[code].severity


@pytest.mark.parametrize(("code", "style", "picture"), FILE_CASES)
def test_a_missing_picture_makes_one_finding(code: str, style: str, picture: str) -> None:
    files = [name for name in files_of(style) if not name.startswith(picture)]
    assert [issue.code for issue in lint_pass_json(STYLES[style](), files=files, at=AT)] == [code]


@pytest.mark.parametrize(("code", "text", "said"), TEXT_CASES)
def test_the_text_itself_makes_one_finding(code: str, text: bytes, said: str) -> None:
    good = json.dumps(STYLES["coupon"]()).encode()
    data = good.replace(b'"formatVersion": 1,', text) if text else b"\xef\xbb\xbf" + good
    issues = lint_pass_json(data, at=AT)
    assert [issue.code for issue in issues] == [code]
    assert said in issues[0].message


def test_the_fix_says_what_to_write() -> None:
    (issue,) = lint_pass_json(changed(STYLES["generic"](), put("labelColor", "#ff8000")), at=AT)
    assert issue.message == "labelColor is “#ff8000”; Apple documents only the form rgb(…)."
    assert issue.fix == "Write rgb(255, 128, 0)."


def test_a_word_apple_does_not_define_names_all_it_does() -> None:
    (issue,) = lint_pass_json(changed(STYLES["generic"](), put("featuredActions/0/type", "dance")), at=AT)
    assert issue.fix.startswith("Use one of: viewSchedule, watchTrailer")
    assert issue.fix.endswith("viewOffersRewards.")


def test_the_worst_comes_first() -> None:
    document = changed(
        STYLES["generic"](),
        put("labelColor", "#fff"),
        put("groupingIdentifier", "x"),
        put(VALUE, "a\nb"),
        put("formatVersion", "1"),
    )
    severities = [issue.severity for issue in lint_pass_json(document, at=AT)]
    assert severities == [Severity.REFUSED, Severity.CLIPPED, Severity.HIDDEN, Severity.ADVICE]


@pytest.mark.parametrize("message", ["%@", "Now %@", "%@ of 100 %%", "%%%@"])
def test_change_messages_that_are_announced(message: str) -> None:
    document = changed(STYLES["generic"](), put("generic/primaryFields/0/changeMessage", message))
    assert lint_pass_json(document, at=AT) == []


@pytest.mark.parametrize(
    "value", ["2027-11-22T10:00Z", "2027-11-22T10:00:00Z", "2027-11-22T10:00:00+01:00", "2027-11-22T10:00+01:00"]
)
def test_dates_that_phones_read(value: str) -> None:
    assert lint_pass_json(changed(STYLES["generic"](), put("expirationDate", value)), at=AT) == []


def test_foreign_text_stays_on_one_line_and_short() -> None:
    document = changed(STYLES["generic"](), put("labelColor", "\ud800\n\x1b[31m" + "x" * 5000))
    (issue,) = lint_pass_json(document, at=AT)
    assert issue.message.encode()
    assert len(issue.message) < 200
    assert issue.message.isprintable()
