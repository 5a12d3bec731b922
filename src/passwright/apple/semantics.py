"""Semantic tags: what the system itself understands of a pass (Apple's ``SemanticTags``), iOS 12 to 27."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from passwright.apple.json_object import AppleObject, DatedObject, apple_key


class EventType(StrEnum):
    GENERIC = "PKEventTypeGeneric"
    LIVE_PERFORMANCE = "PKEventTypeLivePerformance"
    MOVIE = "PKEventTypeMovie"
    SPORTS = "PKEventTypeSports"
    CONFERENCE = "PKEventTypeConference"
    CONVENTION = "PKEventTypeConvention"
    WORKSHOP = "PKEventTypeWorkshop"
    SOCIAL_GATHERING = "PKEventTypeSocialGathering"


class PassengerCapability(StrEnum):
    PREBOARDING = "PKPassengerCapabilityPreboarding"
    PRIORITY_BOARDING = "PKPassengerCapabilityPriorityBoarding"
    CARRYON = "PKPassengerCapabilityCarryon"
    PERSONAL_ITEM = "PKPassengerCapabilityPersonalItem"
    LAP_INFANT = "PKPassengerCapabilityLapInfant"


class SecurityProgram(StrEnum):
    TSA_PRECHECK = "PKTransitSecurityProgramTSAPreCheck"
    TSA_PRECHECK_TOUCHLESS_ID = "PKTransitSecurityProgramTSAPreCheckTouchlessID"
    OSS = "PKTransitSecurityProgramOSS"
    ITI = "PKTransitSecurityProgramITI"
    ITD = "PKTransitSecurityProgramITD"
    GLOBAL_ENTRY = "PKTransitSecurityProgramGlobalEntry"
    CLEAR = "PKTransitSecurityProgramCLEAR"


class SemanticLocation(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Degrees."""

    latitude: float
    longitude: float


class PersonName(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    family_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    name_prefix: str | None = None
    name_suffix: str | None = None
    nickname: str | None = None
    phonetic_representation: str | None = None


class CurrencyAmount(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """``amount`` is text (``"12.50"``), unlike a field's value; ``currency_code`` is ISO 4217."""

    amount: str
    currency_code: str | None = None


class WifiNetwork(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    ssid: str
    password: str

    def __repr__(self) -> str:
        return f"WifiNetwork(ssid={self.ssid!r})"


class AirplayGroup(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    airplay_device_group_token: str


class EventDateInfo(DatedObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """A start that is not just an instant: ``time_zone`` is an IANA name."""

    date: datetime | None = None
    ignore_time_components: bool | None = None
    time_zone: str | None = None
    unannounced: bool | None = None
    undetermined: bool | None = None


class Seat(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    seat_aisle: str | None = None
    seat_description: str | None = None
    seat_identifier: str | None = None
    seat_level: str | None = None
    seat_number: str | None = None
    seat_row: str | None = None
    seat_section: str | None = None
    seat_section_color: str | None = None
    seat_type: str | None = None


class TransitTags(DatedObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Journeys. Time zones are IANA names."""

    airline_code: str | None = None
    airline_lounge_place_id: str | None = None
    """Apple's Pass Builder reads this; phones read ``lounge_place_ids``."""
    boarding_group: str | None = None
    boarding_sequence_number: str | None = None
    boarding_zone: str | None = None
    car_number: str | None = None
    confirmation_number: str | None = None
    current_arrival_date: datetime | None = None
    current_boarding_date: datetime | None = None
    current_departure_date: datetime | None = None
    original_arrival_date: datetime | None = None
    original_boarding_date: datetime | None = None
    original_departure_date: datetime | None = None
    departure_airport_code: str | None = None
    departure_airport_name: str | None = None
    departure_airport_security_programs: tuple[SecurityProgram, ...] | None = None
    """Apple's Pass Builder reads this; phones read ``departure_location_security_programs``."""
    departure_airport_time_zone: str | None = None
    """Apple's Pass Builder reads this; phones read ``departure_location_time_zone``."""
    departure_city_name: str | None = None
    departure_gate: str | None = None
    departure_location: SemanticLocation | None = None
    departure_location_description: str | None = None
    departure_location_security_programs: tuple[SecurityProgram, ...] | None = None
    departure_location_time_zone: str | None = None
    departure_platform: str | None = None
    departure_station_name: str | None = None
    departure_terminal: str | None = None
    destination_airport_code: str | None = None
    destination_airport_name: str | None = None
    destination_airport_security_programs: tuple[SecurityProgram, ...] | None = None
    """As ``departure_airport_security_programs``."""
    destination_airport_time_zone: str | None = None
    """As ``departure_airport_time_zone``."""
    destination_city_name: str | None = None
    destination_gate: str | None = None
    destination_location: SemanticLocation | None = None
    destination_location_description: str | None = None
    destination_location_security_programs: tuple[SecurityProgram, ...] | None = None
    destination_location_time_zone: str | None = None
    destination_platform: str | None = None
    destination_station_name: str | None = None
    destination_terminal: str | None = None
    duration: int | float | None = None
    """Seconds."""
    flight_code: str | None = None
    flight_number: int | None = None
    """A number; with text the phone refuses the pass."""
    international_documents_are_verified: bool | None = None
    international_documents_verified_declaration_name: str | None = None
    lounge_place_ids: tuple[str, ...] | None = None
    membership_program_name: str | None = None
    membership_program_number: str | None = None
    membership_program_status: str | None = None
    passenger_airline_ssrs: tuple[str, ...] | None = None
    passenger_information_ssrs: tuple[str, ...] | None = None
    passenger_service_ssrs: tuple[str, ...] | None = None
    passenger_capabilities: tuple[PassengerCapability, ...] | None = None
    passenger_eligible_security_programs: tuple[SecurityProgram, ...] | None = None
    passenger_name: PersonName | None = None
    priority_status: str | None = None
    security_screening: str | None = None
    ticket_fare_class: str | None = None
    transit_provider: str | None = None
    transit_status: str | None = None
    transit_status_reason: str | None = None
    vehicle_name: str | None = None
    vehicle_number: str | None = None
    vehicle_type: str | None = None


class EventTags(TransitTags, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Events and their venues, added to the former: msgspec allows one line of descent."""

    additional_ticket_attributes: str | None = None
    admission_level: str | None = None
    admission_level_abbreviation: str | None = None
    album_ids: tuple[str, ...] | None = None
    artist_ids: tuple[str, ...] | None = None
    attendee_name: str | None = None
    away_team_abbreviation: str | None = None
    away_team_location: str | None = None
    away_team_name: str | None = None
    home_team_abbreviation: str | None = None
    home_team_location: str | None = None
    home_team_name: str | None = None
    entrance_description: str | None = None
    event_end_date: datetime | None = None
    event_live_message: str | None = None
    event_name: str | None = None
    event_start_date: datetime | None = None
    event_start_date_info: EventDateInfo | None = None
    event_type: EventType | None = None
    genre: str | None = None
    league_abbreviation: str | None = None
    league_name: str | None = None
    performer_names: tuple[str, ...] | None = None
    playlist_ids: tuple[str, ...] | None = None
    sport_name: str | None = None
    tailgating_allowed: bool | None = None
    silence_requested: bool | None = None
    venue_box_office_open_date: datetime | None = None
    venue_close_date: datetime | None = None
    venue_doors_open_date: datetime | None = None
    venue_fan_zone_open_date: datetime | None = None
    venue_gates_open_date: datetime | None = None
    venue_open_date: datetime | None = None
    venue_parking_lots_open_date: datetime | None = None
    venue_entrance: str | None = None
    venue_entrance_door: str | None = None
    venue_entrance_gate: str | None = None
    venue_entrance_portal: str | None = None
    venue_location: SemanticLocation | None = None
    venue_name: str | None = None
    venue_phone_number: str | None = None
    venue_place_id: str | None = None
    """In ``upcomingPassInformation``."""
    venue_region_name: str | None = None
    venue_room: str | None = None
    seats: tuple[Seat, ...] | None = None


class SemanticTags(EventTags, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """All tags, on a pass, a field or an upcoming event."""

    airplay: tuple[AirplayGroup, ...] | None = None
    balance: CurrencyAmount | None = None
    """Store cards."""
    total_price: CurrencyAmount | None = None
    wifi_access: tuple[WifiNetwork, ...] | None = None
