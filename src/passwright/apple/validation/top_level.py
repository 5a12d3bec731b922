"""The top level of pass.json: who the pass is, where it is updated, and which layout it asks for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from passwright.apple.pass_json import FeaturedActionType
from passwright.apple.styles import SCHEME_STYLE, StyleScheme
from passwright.apple.validation import shapes
from passwright.apple.validation.barcodes import BARCODE, barcode_list
from passwright.apple.validation.colours import COLOUR_KEYS, colour
from passwright.apple.validation.document import LEGACY_STYLES, POSTER_GENERIC, Document, mapping, sequence
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.nfc import NFC
from passwright.apple.validation.relevance import BEACONS, LOCATIONS, RELEVANT_DATES, distance
from passwright.apple.validation.semantic_tags import tags
from passwright.apple.validation.shapes import anything, boolean, date, link, list_of, number, object_of, one_of, text
from passwright.apple.validation.upcoming import GUIDE_LINKS, UPCOMING

rule = rules_about("The pass")

FORMAT_VERSION = rule(
    "format_version_not_1",
    Severity.REFUSED,
    "formatVersion is {value}. There is only version 1.",
    "Write 1.",
)
PREFIX = rule(
    "pass_type_identifier_prefix",
    Severity.REFUSED,
    "passTypeIdentifier is “{value}”. Apple's identifiers of passes start with pass.",
    "Copy the identifier from the certificate, for example pass.com.example.card.",
)
SERIAL_EMPTY = rule(
    "serial_number_empty",
    Severity.REFUSED,
    "serialNumber is empty.",
    "Give each pass a serial number of its own.",
)
SERIAL_CHARACTERS = rule(
    "serial_number_characters",
    Severity.ADVICE,
    "serialNumber is “{value}”; phones put it into a web address, where “{found}” has to be encoded.",
    "Use letters, digits, hyphens, dots and underscores.",
)
TEAM_FORM = rule(
    "team_identifier_form",
    Severity.ADVICE,
    "teamIdentifier is “{value}”. Apple's have ten capital letters and digits.",
    "Copy it from the certificate's organizational unit.",
)
TEXT_EMPTY = rule(
    "text_empty",
    Severity.ADVICE,
    "{key} is empty; {use}.",
    "Write {key}.",
)
STYLE_MISSING = rule(
    "style_missing",
    Severity.REFUSED,
    "The pass has none of the five style keys, so a phone does not know how to draw it.",
    "Add one of: {words}.",
)
STYLE_TWICE = rule(
    "style_twice",
    Severity.REFUSED,
    "The pass has {count} style keys: {styles}. A phone expects one.",
    "Keep one of them.",
)
POSTER_GENERIC_ALONE = rule(
    "poster_generic_alone",
    Severity.REFUSED,
    "posterGeneric stands alone; systems before iOS 27 do not open the pass.",
    "Add generic, storeCard, coupon or eventTicket beside it.",
)
TOKEN_MISSING = rule(
    "web_service_without_token",
    Severity.REFUSED,
    "webServiceURL is given without an authenticationToken.",
    "Add an authenticationToken of at least 16 characters, or remove webServiceURL.",
)
TOKEN_SHORT = rule(
    "token_too_short",
    Severity.REFUSED,
    "authenticationToken has {count} characters; phones ask for at least 16.",
    "Make a longer token.",
)
TOKEN_ALONE = rule(
    "token_without_web_service",
    Severity.HIDDEN,
    "authenticationToken is given without a webServiceURL, so the pass is never updated.",
    "Add a webServiceURL, or remove the token.",
)
WEB_SERVICE_HTTP = rule(
    "web_service_http",
    Severity.REFUSED,
    "webServiceURL is “{value}”. Phones ask for https.",
    "Serve it over https. Only with Allow HTTP Services in a device's developer settings is http accepted.",
)
WEB_SERVICE_HTTP_PRIVATE = rule(
    "web_service_http_private",
    Severity.ADVICE,
    "webServiceURL is “{value}”. On an address of this network alone, for trying out: a phone asks it only with Allow "
    "HTTP Services in its developer settings.",
    "Serve it over https, under a public host name, before giving the pass to anybody.",
)
WEB_SERVICE_FORM = rule(
    "web_service_url_form",
    Severity.REFUSED,
    "webServiceURL is “{value}”, which is not a web address.",
    "Write a whole address such as https://passes.example.com/apple.",
)
WEB_SERVICE_V1 = rule(
    "web_service_url_v1",
    Severity.ADVICE,
    "webServiceURL ends in /v1. Phones append /v1 themselves and will ask for /v1/v1/…",
    "Remove /v1 from the end.",
)
WEB_SERVICE_PRIVATE = rule(
    "web_service_url_private",
    Severity.ADVICE,
    "webServiceURL names {host}, which phones outside of this network cannot reach.",
    "Use a public host name before giving the pass to anybody.",
)
WEB_SERVICE_QUERY = rule(
    "web_service_url_query",
    Severity.ADVICE,
    "webServiceURL has a query or a fragment; phones append their paths behind it.",
    "End the address with its path.",
)
LAUNCH_WITHOUT_STORE = rule(
    "app_launch_without_store_identifiers",
    Severity.HIDDEN,
    "appLaunchURL has no effect without associatedStoreIdentifiers.",
    "Add the App Store identifier of the app.",
)
GROUPING_STYLE = rule(
    "grouping_identifier_style",
    Severity.HIDDEN,
    "groupingIdentifier has no effect on a {style}; only boardingPass and eventTicket are grouped.",
    "Remove groupingIdentifier.",
)
EXPIRED = rule(
    "expired",
    Severity.ADVICE,
    "expirationDate {value} has passed; phones show the pass grey, among the expired ones.",
    "Set a later expirationDate, or remove it.",
)
ACTIONS_MANY = rule(
    "featured_actions_many",
    Severity.HIDDEN,
    "featuredActions has {count} entries; phones show 2.",
    "Keep the two that matter.",
)
ACTION_PLACE = rule(
    "featured_action_without_place",
    Severity.HIDDEN,
    "The featured action “{identifier}” is of type place and has no placeIdentifier.",
    "Add the placeIdentifier.",
)
ACTION_URL = rule(
    "featured_action_without_url",
    Severity.HIDDEN,
    "The featured action “{identifier}” has no url.",
    "Add the address it opens.",
)
ACTION_CALL = rule(
    "featured_action_call",
    Severity.HIDDEN,
    "The featured action “{identifier}” is a call, and its url is “{value}”.",
    "Write the number as tel://+351210000000.",
)
ACTIONS_STYLE = rule(
    "featured_actions_style",
    Severity.HIDDEN,
    "featuredActions are not shown on a {scheme}.",
    "Remove featuredActions, or the style scheme.",
)
SCHEME_MISMATCH = rule(
    "style_scheme_mismatch",
    Severity.HIDDEN,
    "preferredStyleSchemes asks for {scheme}, which needs the style {style}.",
    "Add {style}, or remove the scheme.",
)
SCHEME_FALLBACK = rule(
    "style_scheme_without_fallback",
    Severity.ADVICE,
    "preferredStyleSchemes names {scheme} without the older {style} behind it.",
    "Write both, the newer one first.",
)
ONLY_POSTER_EVENT = rule(
    "key_only_for_poster_event",
    Severity.HIDDEN,
    "{key} is only used by the poster layout of event tickets.",
    "Remove {key}, or ask for the layout with preferredStyleSchemes.",
)
ONLY_SEMANTIC_BOARDING = rule(
    "key_only_for_semantic_boarding",
    Severity.HIDDEN,
    "{key} is only used by the semantic layout of boarding passes.",
    "Remove {key}, or ask for the layout with preferredStyleSchemes.",
)

REQUIRED = (
    "formatVersion",
    "passTypeIdentifier",
    "serialNumber",
    "teamIdentifier",
    "organizationName",
    "description",
)
SCHEME_STYLES = {scheme: style for scheme, style in SCHEME_STYLE.items() if scheme.value != style.value}
"""The newer layouts, with the style that stands in for them on older systems."""
POSTER_EVENT_KEYS = (
    "auxiliaryStoreIdentifiers",
    "eventLogoText",
    "footerBackgroundColor",
    "suppressHeaderDarkening",
    "upcomingPassInformation",
    "useAutomaticColors",
    *GUIDE_LINKS,
)
BOARDING_LINKS = {
    **dict.fromkeys(
        (
            "changeSeatURL",
            "entertainmentURL",
            "managementURL",
            "purchaseAdditionalBaggageURL",
            "purchaseLoungeAccessURL",
            "purchaseWifiURL",
            "registerServiceAnimalURL",
            "reportLostBagURL",
            "requestWheelchairURL",
            "trackBagsURL",
            "transitProviderWebsiteURL",
            "upgradeURL",
        ),
        link,
    ),
    **dict.fromkeys(("transitProviderEmail", "transitProviderPhoneNumber", "businessChatIdentifier"), text),
}
ACTION = object_of(
    {"identifier": text, "type": one_of(tuple(FeaturedActionType)), "url": link, "placeIdentifier": text},
    required=("identifier", "type"),
)

PASS = object_of(
    {
        "formatVersion": number,
        **dict.fromkeys(REQUIRED[1:], text),
        "webServiceURL": text,
        "authenticationToken": text,
        **dict.fromkeys(("sharingProhibited", "voided", "suppressStripShine"), boolean),
        **dict.fromkeys(("useAutomaticColors", "suppressHeaderDarkening"), boolean),
        **dict.fromkeys(("associatedStoreIdentifiers", "auxiliaryStoreIdentifiers"), list_of(number)),
        "appLaunchURL": link,
        "userInfo": anything,
        "expirationDate": date,
        **dict.fromkeys(("groupingIdentifier", "logoText", "logoSymbolName", "eventLogoText"), text),
        **dict.fromkeys(COLOUR_KEYS, colour),
        "semantics": tags,
        "nfc": NFC,
        "barcodes": barcode_list,
        "barcode": BARCODE,
        "locations": LOCATIONS,
        "beacons": BEACONS,
        "maxDistance": distance,
        "relevantDate": date,
        "relevantDates": RELEVANT_DATES,
        "preferredStyleSchemes": list_of(one_of(tuple(StyleScheme))),
        "upcomingPassInformation": UPCOMING,
        "featuredActions": list_of(ACTION),
        **GUIDE_LINKS,
        **BOARDING_LINKS,
        # What a style object holds is looked at with the fields.
        **dict.fromkeys((*LEGACY_STYLES, POSTER_GENERIC), anything),
    },
    required=REQUIRED,
)

ODD_CHARACTER = re.compile(r"[^A-Za-z0-9._~-]")
TEAM = re.compile(r"[A-Z0-9]{10}")
USES = {
    "organizationName": "it stands on the lock screen and over every notification",
    "description": "VoiceOver reads it instead of the pass",
}


def check_types(document: Document) -> Iterator[Issue]:
    yield from PASS(document.keys, "pass.json")


def check_identity(document: Document) -> Iterator[Issue]:
    keys = document.keys
    version, identifier, team = keys.get("formatVersion"), keys.get("passTypeIdentifier"), keys.get("teamIdentifier")
    if shapes.is_number(version) and version != 1:
        yield FORMAT_VERSION.at(document.path("formatVersion"), value=version)
    if isinstance(identifier, str) and not identifier.startswith("pass."):
        yield PREFIX.at(document.path("passTypeIdentifier"), value=identifier)
    if isinstance(team, str) and not TEAM.fullmatch(team):
        yield TEAM_FORM.at(document.path("teamIdentifier"), value=team)


def check_serial_number(document: Document) -> Iterator[Issue]:
    serial, path = document.keys.get("serialNumber"), document.path("serialNumber")
    if serial == "":
        yield SERIAL_EMPTY.at(path)
    elif isinstance(serial, str) and (odd := ODD_CHARACTER.search(serial)):
        yield SERIAL_CHARACTERS.at(path, value=serial, found=odd[0])


def check_texts(document: Document) -> Iterator[Issue]:
    for key, use in USES.items():
        value = document.keys.get(key)
        if isinstance(value, str) and not value.strip():
            yield TEXT_EMPTY.at(document.path(key), key=key, use=use)


def check_style(document: Document) -> Iterator[Issue]:
    count = len(document.styles)
    if count > 1:
        yield STYLE_TWICE.at("pass.json", count=count, styles=", ".join(document.styles))
    elif not count and document.is_poster_generic:
        yield POSTER_GENERIC_ALONE.at(document.path(POSTER_GENERIC))
    elif not count:
        yield STYLE_MISSING.at("pass.json", words=LEGACY_STYLES)


def check_token(document: Document) -> Iterator[Issue]:
    token, path = document.keys.get("authenticationToken"), document.path("authenticationToken")
    if "webServiceURL" in document.keys and token is None:
        yield TOKEN_MISSING.at(document.path("webServiceURL"))
    if isinstance(token, str) and len(token) < 16:
        yield TOKEN_SHORT.at(path, count=len(token))
    if isinstance(token, str) and "webServiceURL" not in document.keys:
        yield TOKEN_ALONE.at(path)


def check_web_service(document: Document) -> Iterator[Issue]:
    value, path = document.keys.get("webServiceURL"), document.path("webServiceURL")
    if not isinstance(value, str):
        return
    address = urlsplit(value) if shapes.is_link(value) else None
    if address is None or address.scheme not in ("http", "https"):
        yield WEB_SERVICE_FORM.at(path, value=value)
        return
    if address.scheme == "http":
        private = is_private(address.hostname or "")
        yield (WEB_SERVICE_HTTP_PRIVATE if private else WEB_SERVICE_HTTP).at(path, value=value)
    yield from address_issues(address, path)


def address_issues(address: SplitResult, path: str) -> Iterator[Issue]:
    """Addresses that are accepted and then do not work."""
    if address.path.rstrip("/").endswith("/v1"):
        yield WEB_SERVICE_V1.at(path)
    if address.query or address.fragment:
        yield WEB_SERVICE_QUERY.at(path)
    if address.scheme == "https" and is_private(address.hostname or ""):
        yield WEB_SERVICE_PRIVATE.at(path, host=address.hostname)


def is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".local", ".internal", ".test"))


def check_app(document: Document) -> Iterator[Issue]:
    if "appLaunchURL" in document.keys and not document.keys.get("associatedStoreIdentifiers"):
        yield LAUNCH_WITHOUT_STORE.at(document.path("appLaunchURL"))


def check_grouping(document: Document) -> Iterator[Issue]:
    grouped = (None, "boardingPass", "eventTicket")
    if "groupingIdentifier" in document.keys and document.style not in grouped:
        yield GROUPING_STYLE.at(document.path("groupingIdentifier"), style=document.style)


def check_expiration(document: Document) -> Iterator[Issue]:
    expires = shapes.moment(document.keys.get("expirationDate"))
    if expires is not None and expires <= document.at:
        yield EXPIRED.at(document.path("expirationDate"), value=document.keys["expirationDate"])


def check_featured_actions(document: Document) -> Iterator[Issue]:
    actions = sequence(document.keys.get("featuredActions"))
    if len(actions) > 2:
        yield ACTIONS_MANY.at(document.path("featuredActions"), count=len(actions))
    for index, action in enumerate(actions):
        yield from action_issues(mapping(action), document.path("featuredActions", index))
    schemes = {"posterEventTicket": document.is_poster_event, "semanticBoardingPass": document.is_semantic_boarding}
    for scheme, used in schemes.items():
        if actions and used:
            yield ACTIONS_STYLE.at(document.path("featuredActions"), scheme=scheme)


def action_issues(action: dict[str, object], path: str) -> Iterator[Issue]:
    """An action of an unknown type is the type's fault alone."""
    kind, url, identifier = action.get("type"), action.get("url"), action.get("identifier")
    if kind == "place" and "placeIdentifier" not in action:
        yield ACTION_PLACE.at(path, identifier=identifier)
    elif kind in tuple(FeaturedActionType) and kind != "place" and url is None:
        yield ACTION_URL.at(path, identifier=identifier)
    elif kind == "call" and isinstance(url, str) and not url.startswith("tel:"):
        yield ACTION_CALL.at(f"{path}/url", identifier=identifier, value=url)


def check_schemes(document: Document) -> Iterator[Issue]:
    path = document.path("preferredStyleSchemes")
    for scheme, style in SCHEME_STYLES.items():
        if scheme not in document.schemes:
            continue
        if style not in document.styles:
            yield SCHEME_MISMATCH.at(path, scheme=scheme, style=style)
        elif style not in document.schemes:
            yield SCHEME_FALLBACK.at(path, scheme=scheme, style=style)


def check_keys_of_schemes(document: Document) -> Iterator[Issue]:
    for key in POSTER_EVENT_KEYS:
        if key in document.keys and not document.is_poster_event:
            yield ONLY_POSTER_EVENT.at(document.path(key), key=key)
    for key in BOARDING_LINKS:
        if key in document.keys and not document.is_semantic_boarding:
            yield ONLY_SEMANTIC_BOARDING.at(document.path(key), key=key)


CHECKS = (
    check_types,
    check_identity,
    check_serial_number,
    check_texts,
    check_style,
    check_token,
    check_web_service,
    check_app,
    check_grouping,
    check_expiration,
    check_featured_actions,
    check_schemes,
    check_keys_of_schemes,
)
