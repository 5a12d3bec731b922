"""Passes that no phone minds, as the starting points of everything that is broken in these tests."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from passwright.apple.certificate import DevelopmentAuthority, DevelopmentCertificate, development_authority
from passwright.apple.signature import Signer

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDENTIFIER, TEAM = "pass.com.example.toytown", "A1B2C3D4E5"
# An ordinary P-256 point in SubjectPublicKeyInfo, compressed.
NFC_KEY = "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY="

Json = dict[str, Any]
Change = Callable[[Json], None]


def common(**more: Any) -> Json:
    """Beside the style: what nearly every pass has."""
    return {
        "formatVersion": 1,
        "passTypeIdentifier": IDENTIFIER,
        "serialNumber": "8f14e45f-ceea-467f-a83a-c7c8f8b1a2d3",
        "teamIdentifier": TEAM,
        "organizationName": "Toy Town",
        "description": "Toy Town membership",
        "backgroundColor": "rgb(34, 60, 107)",
        "foregroundColor": "rgb(255, 255, 255)",
        "labelColor": "rgb(220, 230, 255)",
        "webServiceURL": "https://passes.example.com/apple",
        "authenticationToken": "vxwxd7J8AlNNFPS8k0a0FfUFtq0ewzFdc",
        "barcodes": [{"format": "PKBarcodeFormatPDF417", "message": "0000001", "messageEncoding": "iso-8859-1"}],
        **more,
    }


def field(key: str, value: Any, **more: Any) -> Json:
    return {"key": key, "label": key.upper(), "value": value, **more}


def generic() -> Json:
    return common(
        expirationDate="2027-11-22T10:00:00Z",
        locations=[{"latitude": 37.6, "longitude": -122.3, "altitude": 3.5, "relevantText": "Toy Town is near"}],
        maxDistance=500,
        beacons=[{"proximityUUID": "E2C56DB5-DFFB-48D2-B060-D0F5A71096E0", "major": 1, "minor": 65535}],
        relevantDate="2026-12-24T10:00+01:00",
        relevantDates=[
            {"date": "2026-12-24T10:00:00+01:00"},
            {"startDate": "2026-12-25T10:00Z", "endDate": "2026-12-26T10:00Z"},
        ],
        associatedStoreIdentifiers=[375380948],
        appLaunchURL="toytown://open",
        userInfo={"anything": [1, None]},
        featuredActions=[
            {"identifier": "call", "type": "call", "url": "tel://+351210000000"},
            {"identifier": "place", "type": "place", "placeIdentifier": "I1234"},
        ],
        generic={
            "headerFields": [field("level", "Gold", textAlignment="PKTextAlignmentRight")],
            "primaryFields": [field("member", "Johnny Appleseed", changeMessage="Now %@, 100 %% yours")],
            "secondaryFields": [
                field("since", "2012-04-01T00:00Z", dateStyle="PKDateStyleMedium", isRelative=False),
                field("balance", 21.75, currencyCode="EUR"),
            ],
            "auxiliaryFields": [field("points", 1200, numberStyle="PKNumberStyleDecimal")],
            "backFields": [
                field(
                    "site",
                    "first line\nsecond line",
                    attributedValue="<a href='https://example.com'>Toy Town</a>",
                    dataDetectorTypes=["PKDataDetectorTypeLink"],
                )
            ],
        },
    )


def coupon() -> Json:
    return common(coupon={"primaryFields": [field("offer", "20 %")], "secondaryFields": [field("until", "Sunday")]})


def store_card() -> Json:
    return common(
        nfc={"message": "0000001", "encryptionPublicKey": NFC_KEY, "requiresAuthentication": False},
        semantics={"balance": {"amount": "21.75", "currencyCode": "EUR"}},
        storeCard={"primaryFields": [field("balance", "21.75")], "auxiliaryFields": [field("name", "Johnny")]},
    )


def event_ticket() -> Json:
    return common(
        groupingIdentifier="season",
        relevantDate="2026-12-24T19:00Z",
        relevantDates=[{"date": "2026-12-24T19:00Z"}],
        eventTicket={
            "primaryFields": [field("event", "Toys in concert")],
            "auxiliaryFields": [field("seat", "12", row=1), field("row", "F", row=0)],
        },
    )


def poster_event() -> Json:
    document = event_ticket()
    del document["barcodes"]
    return document | {
        "nfc": {"message": "0000001", "encryptionPublicKey": NFC_KEY, "requiresAuthentication": True},
        "preferredStyleSchemes": ["posterEventTicket", "eventTicket"],
        "eventLogoText": "Toy Town",
        "useAutomaticColors": True,
        "footerBackgroundColor": "rgb(0, 0, 0)",
        "bagPolicyURL": "https://example.com/bags",
        "contactVenueEmail": "venue@example.com",
        "auxiliaryStoreIdentifiers": [375380948],
        "semantics": {
            "eventName": "Toys in concert",
            "eventType": "PKEventTypeLivePerformance",
            "eventStartDate": "2026-12-24T19:00:00Z",
            "performerNames": ["The Toys"],
            "artistIDs": ["1234"],
            "seats": [{"seatNumber": "12", "seatRow": "F"}],
            "venueName": "Town Hall",
            "venueRegionName": "Cupertino",
            "venueRoom": "Great hall",
            "wifiAccess": [{"ssid": "toys", "password": "secret"}],
        },
        "upcomingPassInformation": [
            {
                "identifier": "second",
                "name": "Toys again",
                "type": "event",
                "isActive": True,
                "dateInformation": {"date": "2027-01-24T19:00:00Z", "timeZone": "Europe/Lisbon", "isAllDay": False},
                "images": {"headerImage": {"URLs": [{"URL": "https://example.com/a.png", "SHA256": "0" * 64}]}},
                "URLs": {"sellURL": "https://example.com/sell"},
                "backFields": [field("info", "Doors at six")],
            }
        ],
    }


def boarding_pass() -> Json:
    return common(
        preferredStyleSchemes=["semanticBoardingPass", "boardingPass"],
        relevantDate="2026-12-24T19:00Z",
        relevantDates=[{"date": "2026-12-24T19:00Z"}],
        changeSeatURL="https://example.com/seat",
        transitProviderEmail="help@example.com",
        semantics={
            "airlineCode": "TT",
            "flightNumber": 815,
            "departureAirportCode": "LIS",
            "departureCityName": "Lisbon",
            "departureLocationTimeZone": "Europe/Lisbon",
            "destinationAirportCode": "SFO",
            "destinationCityName": "San Francisco",
            "destinationLocationTimeZone": "America/Los_Angeles",
            "originalBoardingDate": "2026-12-24T18:20:00Z",
            "originalDepartureDate": "2026-12-24T19:00:00Z",
            "originalArrivalDate": "2026-12-25T07:00:00Z",
            "passengerName": {"givenName": "Johnny", "familyName": "Appleseed"},
            "passengerCapabilities": ["PKPassengerCapabilityCarryon"],
        },
        boardingPass={
            "transitType": "PKTransitTypeAir",
            "primaryFields": [field("from", "LIS"), field("to", "SFO")],
            "auxiliaryFields": [field(f"a{n}", "x") for n in range(5)],
        },
    )


def poster_generic() -> Json:
    return common(
        expirationDate="2027-11-22T10:00:00Z",
        barcodes=[{"format": "PKBarcodeFormatQR", "message": "0000001", "messageEncoding": "iso-8859-1"}],
        generic={"primaryFields": [field("member", "Johnny Appleseed")]},
        posterGeneric={
            "primaryFields": [field("poster-member", "Johnny Appleseed")],
            "footerFields": [field("poster-level", "Gold")],
        },
    )


STYLES: dict[str, Callable[[], Json]] = {
    "generic": generic,
    "coupon": coupon,
    "storeCard": store_card,
    "eventTicket": event_ticket,
    "posterEventTicket": poster_event,
    "semanticBoardingPass": boarding_pass,
    "posterGeneric": poster_generic,
}

PICTURES = {
    "generic": {"thumbnail": (90, 90)},
    "coupon": {"strip": (375, 144)},
    "storeCard": {"strip": (375, 144), "personalizationLogo": (150, 40)},
    "eventTicket": {"background": (180, 220), "thumbnail": (60, 90)},
    "posterEventTicket": {"artwork": (358, 448), "primaryLogo": (126, 30), "secondaryLogo": (135, 12)},
    "semanticBoardingPass": {"footer": (286, 15), "primaryLogo": (100, 30)},
    "posterGeneric": {"artwork": (358, 448), "primaryLogo": (126, 30), "thumbnail": (90, 60)},
}


@cache
def png(width: int, height: int) -> bytes:
    """A whole grey picture; its rows deflate to nearly nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def densities(name: str, width: int, height: int) -> dict[str, bytes]:
    return {
        f"{name}{suffix}.png": png(width * scale, height * scale) for scale, suffix in ((1, ""), (2, "@2x"), (3, "@3x"))
    }


def strings(table: Mapping[str, str]) -> bytes:
    text = "".join(f'"{key}" = "{value}";\n' for key, value in table.items())
    return b"\xfe\xff" + text.encode("utf-16-be")


def files_of(style: str) -> dict[str, bytes]:
    """Everything but manifest and signature."""
    files = {"pass.json": json.dumps(STYLES[style]()).encode()}
    for name, size in {"icon": (38, 38), "logo": (100, 50), **PICTURES[style]}.items():
        files |= densities(name, *size)
    for language, word in (("en", "GOLD"), ("de", "GÖLD")):
        files[f"{language}.lproj/pass.strings"] = strings({"LEVEL": word})
    if style == "storeCard":
        personalization = {
            "description": "Sign up",
            "requiredPersonalizationFields": ["PKPassPersonalizationFieldName"],
            "termsAndConditions": "<a href='https://example.com'>Terms</a>",
        }
        files["personalization.json"] = json.dumps(personalization).encode()
    return files


@cache
def authority() -> DevelopmentAuthority:
    return development_authority(AT - timedelta(days=10))


@cache
def certificate(*, nfc: bool = True, identifier: str = IDENTIFIER, team: str = TEAM) -> DevelopmentCertificate:
    return authority().issue(identifier, team, "Toy Town", AT - timedelta(days=5), nfc=nfc)


@cache
def signer() -> Signer:
    return signer_of(certificate())


def signer_of(holder: DevelopmentCertificate) -> Signer:
    return Signer(holder.certificate, holder.key, holder.intermediate)


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    return json.dumps({name: hashlib.sha1(content).hexdigest() for name, content in files.items()}).encode()


def signed(files: Mapping[str, bytes], by: Signer | None = None) -> dict[str, bytes]:
    """With manifest and signature."""
    manifest = manifest_of(files)
    signature = (by or signer()).sign(manifest, AT - timedelta(hours=1))
    return {**files, "manifest.json": manifest, "signature": signature}


def zipped(files: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return archive.getvalue()


def changed(document: Json, *changes: Change) -> Json:
    document = deepcopy(document)
    for change in changes:
        change(document)
    return document


def put(path: str, value: Any) -> Change:
    """Sets one key; ``-`` as the last key appends to a list."""

    def change(document: Json) -> None:
        parent, key = place(document, path)
        if isinstance(parent, list):
            parent.append(value) if key == "-" else parent.__setitem__(int(key), value)
        else:
            parent[key] = value

    return change


def drop(path: str) -> Change:
    def change(document: Json) -> None:
        parent, key = place(document, path)
        del parent[int(key) if isinstance(parent, list) else key]

    return change


def place(document: Any, path: str) -> tuple[Any, str]:
    *before, key = path.split("/")
    for step in before:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document, key


def uncompressed_key() -> bytes:
    return (
        ec.derive_private_key(7, ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
