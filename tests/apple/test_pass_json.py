from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passwright.apple import pass_json
from passwright.apple.pass_json import Field, Pass, StyleFields

AT = datetime(2026, 11, 22, 10, 0, 0, 123_456, UTC)
EVENT_GUIDE = """accessibilityURL addOnURL bagPolicyURL contactVenueEmail contactVenuePhoneNumber contactVenueWebsite
directionsInformationURL merchandiseURL orderFoodURL parkingInformationURL purchaseParkingURL sellURL transferURL
transitInformationURL"""
TOP = f"""formatVersion passTypeIdentifier serialNumber teamIdentifier organizationName description boardingPass coupon
eventTicket generic storeCard posterGeneric webServiceURL authenticationToken sharingProhibited
associatedStoreIdentifiers auxiliaryStoreIdentifiers appLaunchURL userInfo expirationDate voided groupingIdentifier
logoText logoSymbolName suppressStripShine nfc semantics beacons locations maxDistance relevantDate relevantDates
barcodes barcode backgroundColor foregroundColor labelColor footerBackgroundColor stripColor useAutomaticColors
suppressHeaderDarkening preferredStyleSchemes eventLogoText upcomingPassInformation featuredActions changeSeatURL
entertainmentURL managementURL purchaseAdditionalBaggageURL purchaseLoungeAccessURL purchaseWifiURL
registerServiceAnimalURL reportLostBagURL requestWheelchairURL trackBagsURL transitProviderEmail
transitProviderPhoneNumber transitProviderWebsiteURL upgradeURL businessChatIdentifier {EVENT_GUIDE}"""
FIELD = """key value label attributedValue changeMessage textAlignment dataDetectorTypes dateStyle timeStyle isRelative
ignoresTimeZone numberStyle currencyCode row semantics"""
STYLE = """transitType headerFields primaryFields secondaryFields auxiliaryFields backFields additionalInfoFields
footerFields"""
SEMANTICS = """airlineCode boardingGroup boardingSequenceNumber boardingZone carNumber confirmationNumber
currentArrivalDate currentBoardingDate currentDepartureDate originalArrivalDate originalBoardingDate
originalDepartureDate departureAirportCode departureAirportName departureCityName departureGate departureLocation
departureLocationDescription departureLocationSecurityPrograms departureLocationTimeZone departurePlatform
departureStationName departureTerminal destinationAirportCode destinationAirportName destinationCityName
destinationGate destinationLocation destinationLocationDescription destinationLocationSecurityPrograms
destinationLocationTimeZone destinationPlatform destinationStationName destinationTerminal duration flightCode
flightNumber internationalDocumentsAreVerified internationalDocumentsVerifiedDeclarationName loungePlaceIDs
membershipProgramName membershipProgramNumber membershipProgramStatus passengerAirlineSSRs passengerInformationSSRs
passengerServiceSSRs passengerCapabilities passengerEligibleSecurityPrograms passengerName priorityStatus
securityScreening ticketFareClass transitProvider transitStatus transitStatusReason vehicleName vehicleNumber
vehicleType additionalTicketAttributes admissionLevel admissionLevelAbbreviation albumIDs artistIDs attendeeName
awayTeamAbbreviation awayTeamLocation awayTeamName homeTeamAbbreviation homeTeamLocation homeTeamName
entranceDescription eventEndDate eventName eventStartDate eventStartDateInfo eventType genre leagueAbbreviation
leagueName performerNames playlistIDs sportName tailgatingAllowed silenceRequested venueBoxOfficeOpenDate
venueCloseDate venueDoorsOpenDate venueFanZoneOpenDate venueGatesOpenDate venueOpenDate venueParkingLotsOpenDate
venueEntrance venueEntranceDoor venueEntranceGate venueEntrancePortal venueLocation venueName venuePhoneNumber
venueRegionName venueRoom seats balance totalPrice wifiAccess airplay eventLiveMessage venuePlaceID
departureAirportTimeZone destinationAirportTimeZone departureAirportSecurityPrograms
destinationAirportSecurityPrograms airlineLoungePlaceID"""


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (Pass, TOP),
        (Field, FIELD),
        (StyleFields, STYLE),
        (pass_json.SemanticTags, SEMANTICS),
        (pass_json.EventGuide, EVENT_GUIDE),
        (pass_json.Barcode, "format message messageEncoding altText"),
        (pass_json.Beacon, "proximityUUID major minor relevantText"),
        (pass_json.Location, "latitude longitude altitude relevantText"),
        (pass_json.RelevantDate, "date startDate endDate"),
        (pass_json.NFC, "message encryptionPublicKey requiresAuthentication"),
        (pass_json.FeaturedAction, "identifier type url placeIdentifier"),
        (pass_json.RemoteImage, "URL SHA256 scale size"),
        (pass_json.UpcomingImage, "URLs reuseExisting"),
        (pass_json.UpcomingImages, "headerImage venueMap"),
        (
            pass_json.UpcomingDate,
            "date ignoreTimeComponents isAllDay isUnannounced isUndetermined timeZone",
        ),
        (
            pass_json.UpcomingPassInformation,
            "identifier name type isActive dateInformation images semantics URLs additionalInfoFields backFields"
            " auxiliaryStoreIdentifiers",
        ),
        (pass_json.PersonName, "familyName givenName middleName namePrefix nameSuffix nickname phoneticRepresentation"),
        (
            pass_json.Seat,
            "seatAisle seatDescription seatIdentifier seatLevel seatNumber seatRow seatSection seatSectionColor"
            " seatType",
        ),
        (pass_json.EventDateInfo, "date ignoreTimeComponents timeZone unannounced undetermined"),
        (pass_json.CurrencyAmount, "amount currencyCode"),
        (pass_json.WifiNetwork, "ssid password"),
    ],
)
def test_every_documented_key_and_no_other(kind: type[msgspec.Struct], keys: str) -> None:
    spelled = {field.encode_name for field in msgspec.structs.fields(kind)} - {"~extra~"}
    assert spelled == set(keys.split())


def a_pass(**more: Any) -> Pass:
    required: dict[str, Any] = {
        "pass_type_identifier": "pass.org.example",
        "serial_number": "1",
        "team_identifier": "TEAM",
        "organization_name": "Toy Town",
        "description": "Card",
    }
    return Pass(**(required | more))


def decoded(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pass_json.encode(a_pass(**more)))
    return found


def test_the_smallest_pass() -> None:
    assert pass_json.encode(a_pass(generic=StyleFields())) == (
        b'{"formatVersion":1,"passTypeIdentifier":"pass.org.example","serialNumber":"1","teamIdentifier":"TEAM",'
        b'"organizationName":"Toy Town","description":"Card","generic":{}}'
    )


@pytest.mark.parametrize(
    ("given_as", "leaves_as"),
    [
        ("#3c4", "rgb(51, 204, 68)"),
        ("#33CC44", "rgb(51, 204, 68)"),
        ("33cc44", "rgb(51, 204, 68)"),
        ("rgb(51,204 , 68)", "rgb(51, 204, 68)"),
        (" RGB(0, 0, 255) ", "rgb(0, 0, 255)"),
    ],
)
def test_colours_leave_as_rgb(given_as: str, leaves_as: str) -> None:
    names = ("background_color", "foreground_color", "label_color", "footer_background_color", "strip_color")
    found = decoded(**dict.fromkeys(names, given_as))
    for key in ("backgroundColor", "foregroundColor", "labelColor", "footerBackgroundColor", "stripColor"):
        assert found[key] == leaves_as


@pytest.mark.parametrize("color", ["rgba(1, 2, 3, 1)", "#12", "#1234567", "red", "rgb(256, 0, 0)", "", "rgb(1, 2)"])
def test_other_colours_are_refused(color: str) -> None:
    with pytest.raises(pass_json.WrongColor):
        a_pass(background_color=color)


def test_dates_have_a_zone_and_no_fraction() -> None:
    there = AT.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    found = decoded(
        expiration_date=AT,
        relevant_date=there,
        relevant_dates=(pass_json.RelevantDate(start_date=AT, end_date=there),),
        semantics=pass_json.SemanticTags(
            event_start_date=AT, original_boarding_date=there, event_start_date_info=pass_json.EventDateInfo(date=AT)
        ),
        generic=StyleFields(back_fields=(Field(key="a", value=AT, attributed_value=there),)),
    )
    utc, local = "2026-11-22T10:00:00Z", "2026-11-22T06:30:00-03:30"
    assert (found["expirationDate"], found["relevantDate"]) == (utc, local)
    assert found["relevantDates"] == [{"startDate": utc, "endDate": local}]
    assert found["semantics"] == {
        "eventStartDate": utc,
        "originalBoardingDate": local,
        "eventStartDateInfo": {"date": utc},
    }
    assert found["generic"]["backFields"] == [{"key": "a", "value": utc, "attributedValue": local}]


def test_dates_without_zone_are_refused_everywhere() -> None:
    naive = AT.replace(tzinfo=None)
    for make in (
        lambda: a_pass(expiration_date=naive),
        lambda: a_pass(relevant_date=naive),
        lambda: pass_json.RelevantDate(date=naive),
        lambda: pass_json.SemanticTags(venue_open_date=naive),
        lambda: pass_json.UpcomingDate(date=naive),
        lambda: pass_json.EventDateInfo(date=naive),
        lambda: StyleFields(header_fields=(Field(key="a", value=naive),)),
        lambda: StyleFields(footer_fields=(Field(key="a", value="", attributed_value=naive),)),
        lambda: pass_json.UpcomingPassInformation(identifier="1", name="n", back_fields=(Field(key="a", value=naive),)),
        lambda: pass_json.encode(a_pass(extra={"newDate": naive})),
        lambda: pass_json.iso(naive),
    ):
        with pytest.raises(pass_json.NaiveDate, match="no time zone"):
            make()


def test_numbers_are_json_numbers() -> None:
    fields = (Field(key="a", value=7), Field(key="b", value=Decimal("12.50")), Field(key="c", value=0.5))
    written = pass_json.encode(a_pass(coupon=StyleFields(primary_fields=fields), max_distance=100))
    assert b'{"key":"a","value":7},{"key":"b","value":12.50},{"key":"c","value":0.5}' in written
    assert b'"maxDistance":100' in written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_what_json_cannot_write_is_refused(value: float | Decimal) -> None:
    with pytest.raises(pass_json.WrongNumber):
        StyleFields(back_fields=(Field(key="a", value=value),))


def test_false_is_written_and_none_is_not() -> None:
    assert decoded(voided=False, suppress_strip_shine=False)["suppressStripShine"] is False
    assert "voided" not in decoded()


def test_no_data_detectors_is_an_empty_list() -> None:
    back = (Field(key="a", value="b", data_detector_types=()), Field(key="c", value="d"))
    for extra in (None, {"x": 1}):
        found = decoded(generic=StyleFields(back_fields=back), extra=extra)
        assert found["generic"]["backFields"] == [
            {"key": "a", "value": "b", "dataDetectorTypes": []},
            {"key": "c", "value": "d"},
        ]


def test_keys_to_come_pass_through_at_every_level() -> None:
    tags = pass_json.SemanticTags(event_name="Toys", extra={"newTag": [1]})
    found = decoded(
        semantics=tags,
        generic=StyleFields(
            header_fields=(Field(key="a", value="b", extra={"newKey": AT, "value": "wins"}),), extra={"newFields": []}
        ),
        extra={"newTop": {"deep": [tags]}, "formatVersion": 2},
    )
    assert found["newTop"] == {"deep": [{"eventName": "Toys", "newTag": [1]}]}
    assert found["formatVersion"] == 2
    assert found["semantics"] == {"eventName": "Toys", "newTag": [1]}
    assert found["generic"] == {
        "headerFields": [{"key": "a", "value": "wins", "newKey": "2026-11-22T10:00:00Z"}],
        "newFields": [],
    }
    assert "~extra~" not in json.dumps(found)


def test_texts_that_look_like_our_mark_are_texts() -> None:
    assert decoded(logo_text="~extra~", user_info={"~extra~": {"a": None}})["userInfo"] == {"~extra~": {"a": None}}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_barcode_is_encodable_in_what_it_names(message: str) -> None:
    code = pass_json.barcode(pass_json.BarcodeFormat.QR, message)
    assert code.message.encode(code.message_encoding).decode(code.message_encoding) == message
    assert (code.message_encoding == "iso-8859-1") == all(ord(character) < 256 for character in message)


def test_old_systems_get_the_first_code_they_know() -> None:
    made = [pass_json.barcode(f, "1") for f in (pass_json.BarcodeFormat.EAN_13, pass_json.BarcodeFormat.CODE_128)]
    assert pass_json.first_for_old_systems(made) is None
    pdf = pass_json.barcode(pass_json.BarcodeFormat.PDF417, "1")
    assert pass_json.first_for_old_systems([*made, pdf]) is pdf


def test_a_boarding_pass_of_the_newer_layout() -> None:
    made = a_pass(
        boarding_pass=StyleFields(transit_type=pass_json.TransitType.AIR),
        preferred_style_schemes=("semanticBoardingPass", "boardingPass"),
        semantics=pass_json.SemanticTags(flight_number=815, passenger_name=pass_json.PersonName(given_name="Johnny")),
        featured_actions=(pass_json.FeaturedAction(identifier="1", type=pass_json.FeaturedActionType.SHOP, url="u"),),
        sell_url="https://example.org",
    )
    written = pass_json.encode(made)
    assert json.loads(written)["semantics"]["passengerName"] == {"givenName": "Johnny"}
    assert b'"flightNumber":815' in written
    assert b'"sellURL"' in written
