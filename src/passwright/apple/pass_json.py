"""``pass.json``: every documented key, from iOS 6 to iOS 27.

Python names are snake_case, keys are Apple's. What is None is left out. Each object takes ``extra``: keys that this
version does not know yet, passed through as given.

Colours may be given as ``#rgb``, ``#rrggbb`` or ``rgb(r, g, b)`` and leave as the last. Dates need a zone and leave
without fractions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import field
from msgspec.structs import force_setattr

from passwright.apple.fields import (
    DataDetectorType,
    DateStyle,
    Field,
    NumberStyle,
    StyleFields,
    TextAlignment,
    TransitType,
    check_values,
)
from passwright.apple.json_object import (
    AppleObject,
    DatedObject,
    NaiveDate,
    WrongColor,
    WrongNumber,
    apple_key,
    encode,
    iso,
    rgb,
    whole_second,
)
from passwright.apple.semantics import (
    AirplayGroup,
    CurrencyAmount,
    EventDateInfo,
    EventType,
    PassengerCapability,
    PersonName,
    Seat,
    SecurityProgram,
    SemanticLocation,
    SemanticTags,
    WifiNetwork,
)

__all__ = [
    "NFC",
    "AirplayGroup",
    "Barcode",
    "BarcodeFormat",
    "Beacon",
    "CurrencyAmount",
    "DataDetectorType",
    "DateStyle",
    "EventDateInfo",
    "EventGuide",
    "EventType",
    "FeaturedAction",
    "FeaturedActionType",
    "Field",
    "Location",
    "NaiveDate",
    "NumberStyle",
    "Pass",
    "PassengerCapability",
    "PersonName",
    "RelevantDate",
    "RemoteImage",
    "Seat",
    "SecurityProgram",
    "SemanticLocation",
    "SemanticTags",
    "StyleFields",
    "TextAlignment",
    "TransitType",
    "UpcomingDate",
    "UpcomingImage",
    "UpcomingImages",
    "UpcomingPassInformation",
    "WifiNetwork",
    "WrongColor",
    "WrongNumber",
    "barcode",
    "encode",
    "first_for_old_systems",
    "iso",
    "rgb",
]


class BarcodeFormat(StrEnum):
    QR = "PKBarcodeFormatQR"
    PDF417 = "PKBarcodeFormatPDF417"
    AZTEC = "PKBarcodeFormatAztec"
    CODE_128 = "PKBarcodeFormatCode128"
    """Not on a watch; since iOS 9."""
    CODE_39 = "PKBarcodeFormatCode39"
    """This and the following since iOS 27: put a QR code or Code 128 behind them for older systems."""
    CODABAR = "PKBarcodeFormatCodabar"
    EAN_13 = "PKBarcodeFormatEAN13"
    INTERLEAVED_2_OF_5 = "PKBarcodeFormatI2of5"


LEGACY_BARCODE_FORMATS = frozenset({BarcodeFormat.QR, BarcodeFormat.PDF417, BarcodeFormat.AZTEC})
"""What the ``barcode`` key of iOS 6 to 8 may hold."""

SQUARE_BARCODE_FORMATS = frozenset({BarcodeFormat.QR, BarcodeFormat.AZTEC})


class Barcode(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """``message`` must be encodable in ``message_encoding``, an IANA name; see `barcode`."""

    format: BarcodeFormat
    message: str
    message_encoding: str
    alt_text: str | None = None


def barcode(format: BarcodeFormat, message: str, alt_text: str | None = None) -> Barcode:
    """In ISO 8859-1, which scanners expect, or in UTF-8 if the message needs it."""
    return Barcode(format=format, message=message, message_encoding=message_encoding(message), alt_text=alt_text)


def message_encoding(message: str) -> str:
    """The IANA name of the encoding in which a code holds this message."""
    return "iso-8859-1" if message.isascii() or max(message) <= "\xff" else "utf-8"


def first_for_old_systems(barcodes: Iterable[Barcode]) -> Barcode | None:
    """What belongs under the ``barcode`` key: the first that iOS 8 can draw."""
    for code in barcodes:
        if code.format in LEGACY_BARCODE_FORMATS:
            return code
    return None


class Location(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Degrees; altitude in metres. At most ten on a pass."""

    latitude: float
    longitude: float
    altitude: float | None = None
    relevant_text: str | None = None


class Beacon(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """``major`` and ``minor`` are 0 to 65535."""

    proximity_uuid: str
    major: int | None = None
    minor: int | None = None
    relevant_text: str | None = None


class RelevantDate(DatedObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Either ``date``, or ``start_date`` with ``end_date`` at most 24 hours later."""

    date: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None


class NFC(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Only with an NFC certificate. ``message`` holds at most 64 bytes."""

    message: str
    encryption_public_key: str
    """Base64 of a P-256 SubjectPublicKeyInfo with compressed point."""
    requires_authentication: bool | None = None


class FeaturedActionType(StrEnum):
    VIEW_SCHEDULE = "viewSchedule"
    WATCH_TRAILER = "watchTrailer"
    LISTEN_TO_MUSIC = "listenToMusic"
    CALL = "call"
    PLACE = "place"
    ADD_TO_BALANCE = "addToBalance"
    ORDER = "order"
    SHOP = "shop"
    MEMBERSHIP_BENEFITS = "membershipBenefits"
    BOOK_APPOINTMENT = "bookAppointment"
    BOOK_CAR = "bookCar"
    BOOK_FLIGHT = "bookFlight"
    BOOK_STAY = "bookStay"
    VIEW_OFFERS_REWARDS = "viewOffersRewards"


class FeaturedAction(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """A button of iOS 27, at most two on a pass. ``url`` for all types but ``place``; a call's is ``tel://``."""

    identifier: str
    type: FeaturedActionType
    url: str | None = field(default=None, name="url")
    place_identifier: str | None = None


class EventGuide(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """Links, an e-mail address and a telephone number around an event (poster event tickets)."""

    accessibility_url: str | None = None
    add_on_url: str | None = None
    bag_policy_url: str | None = None
    contact_venue_email: str | None = None
    contact_venue_phone_number: str | None = None
    contact_venue_website: str | None = None
    directions_information_url: str | None = None
    merchandise_url: str | None = None
    order_food_url: str | None = None
    parking_information_url: str | None = None
    purchase_parking_url: str | None = None
    sell_url: str | None = None
    transfer_url: str | None = None
    transit_information_url: str | None = None


class RemoteImage(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """An https address with the SHA-256 of what lies there (hex); at most 2 MB."""

    url: str
    sha256: str
    scale: int | None = None
    size: int | None = None


class UpcomingImage(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    urls: tuple[RemoteImage, ...] = ()
    reuse_existing: bool | None = None


class UpcomingImages(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    header_image: UpcomingImage | None = None
    venue_map: UpcomingImage | None = None


class UpcomingDate(DatedObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """``time_zone`` is an IANA name."""

    date: datetime | None = None
    ignore_time_components: bool | None = None
    is_all_day: bool | None = None
    is_unannounced: bool | None = None
    is_undetermined: bool | None = None
    time_zone: str | None = None


class UpcomingPassInformation(AppleObject, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """One event of a season ticket (iOS 26, poster event tickets)."""

    identifier: str
    name: str
    type: str = field(default_factory=lambda: "event")
    is_active: bool | None = None
    date_information: UpcomingDate | None = None
    images: UpcomingImages | None = None
    semantics: SemanticTags | None = None
    urls: EventGuide | None = None
    additional_info_fields: tuple[Field, ...] = ()
    back_fields: tuple[Field, ...] = ()
    auxiliary_store_identifiers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_values(self.additional_info_fields, self.back_fields)


class Pass(EventGuide, frozen=True, kw_only=True, omit_defaults=True, rename=apple_key):
    """The whole of pass.json. Exactly one style; ``poster_generic`` may stand beside it."""

    format_version: int = field(default_factory=lambda: 1)
    pass_type_identifier: str
    serial_number: str
    team_identifier: str
    organization_name: str
    description: str

    web_service_url: str | None = None
    authentication_token: str | None = None
    sharing_prohibited: bool | None = None
    associated_store_identifiers: tuple[int, ...] = ()
    auxiliary_store_identifiers: tuple[int, ...] = ()
    app_launch_url: str | None = None
    user_info: Any = None
    expiration_date: datetime | None = None
    voided: bool | None = None
    grouping_identifier: str | None = None
    """Boarding passes and event tickets."""
    logo_text: str | None = None
    logo_symbol_name: str | None = None
    suppress_strip_shine: bool | None = None

    background_color: str | None = None
    foreground_color: str | None = None
    label_color: str | None = None
    footer_background_color: str | None = None
    strip_color: str | None = None
    use_automatic_colors: bool | None = None
    suppress_header_darkening: bool | None = None

    barcodes: tuple[Barcode, ...] = ()
    barcode: Barcode | None = None
    """For iOS 6 to 8, see `first_for_old_systems`."""
    nfc: NFC | None = None

    locations: tuple[Location, ...] = ()
    beacons: tuple[Beacon, ...] = ()
    max_distance: int | float | None = None
    """Metres."""
    relevant_date: datetime | None = None
    relevant_dates: tuple[RelevantDate, ...] = ()

    preferred_style_schemes: tuple[str, ...] = ()
    event_logo_text: str | None = None
    featured_actions: tuple[FeaturedAction, ...] = ()
    upcoming_pass_information: tuple[UpcomingPassInformation, ...] = ()

    business_chat_identifier: str | None = None
    change_seat_url: str | None = None
    entertainment_url: str | None = None
    management_url: str | None = None
    purchase_additional_baggage_url: str | None = None
    purchase_lounge_access_url: str | None = None
    purchase_wifi_url: str | None = None
    register_service_animal_url: str | None = None
    report_lost_bag_url: str | None = None
    request_wheelchair_url: str | None = None
    track_bags_url: str | None = None
    transit_provider_email: str | None = None
    transit_provider_phone_number: str | None = None
    transit_provider_website_url: str | None = None
    upgrade_url: str | None = None

    semantics: SemanticTags | None = None

    boarding_pass: StyleFields | None = None
    coupon: StyleFields | None = None
    event_ticket: StyleFields | None = None
    generic: StyleFields | None = None
    store_card: StyleFields | None = None
    poster_generic: StyleFields | None = None

    def __post_init__(self) -> None:
        # Written out, not in a loop over names, because it runs for every pass that is built.
        if self.expiration_date is not None:
            force_setattr(self, "expiration_date", whole_second(self.expiration_date))
        if self.relevant_date is not None:
            force_setattr(self, "relevant_date", whole_second(self.relevant_date))
        if self.background_color is not None:
            force_setattr(self, "background_color", rgb(self.background_color))
        if self.foreground_color is not None:
            force_setattr(self, "foreground_color", rgb(self.foreground_color))
        if self.label_color is not None:
            force_setattr(self, "label_color", rgb(self.label_color))
        if self.footer_background_color is not None:
            force_setattr(self, "footer_background_color", rgb(self.footer_background_color))
        if self.strip_color is not None:
            force_setattr(self, "strip_color", rgb(self.strip_color))
