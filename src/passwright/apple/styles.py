"""What each style of pass shows: field groups with their limits, and images.

The limits are what the face of a phone draws. More fields are no error: they are seen in the pass's details, or not
at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct


class StyleKey(StrEnum):
    """Keys of pass.json that hold the fields. Exactly one of the first five; ``posterGeneric`` beside one of them."""

    BOARDING_PASS = "boardingPass"
    COUPON = "coupon"
    EVENT_TICKET = "eventTicket"
    GENERIC = "generic"
    STORE_CARD = "storeCard"
    POSTER_GENERIC = "posterGeneric"


LEGACY_STYLES = frozenset(StyleKey) - {StyleKey.POSTER_GENERIC}


class StyleScheme(StrEnum):
    """Values of ``preferredStyleSchemes``: a newer layout, and the style that stands in for it on older systems."""

    POSTER_EVENT_TICKET = "posterEventTicket"
    SEMANTIC_BOARDING_PASS = "semanticBoardingPass"
    EVENT_TICKET = "eventTicket"
    BOARDING_PASS = "boardingPass"


SCHEME_STYLE: Mapping[StyleScheme, StyleKey] = MappingProxyType(
    {
        StyleScheme.POSTER_EVENT_TICKET: StyleKey.EVENT_TICKET,
        StyleScheme.SEMANTIC_BOARDING_PASS: StyleKey.BOARDING_PASS,
        StyleScheme.EVENT_TICKET: StyleKey.EVENT_TICKET,
        StyleScheme.BOARDING_PASS: StyleKey.BOARDING_PASS,
    }
)


class Group(StrEnum):
    """Field lists of a style object, spelled as in pass.json."""

    HEADER = "headerFields"
    PRIMARY = "primaryFields"
    SECONDARY = "secondaryFields"
    AUXILIARY = "auxiliaryFields"
    BACK = "backFields"
    ADDITIONAL_INFO = "additionalInfoFields"
    FOOTER = "footerFields"


class FaceLimits(Struct, frozen=True, kw_only=True):
    """How many fields of each group the face shows."""

    header: int
    primary: int
    secondary: int
    auxiliary: int
    auxiliary_rows: int = 1
    """Event tickets draw a second auxiliary row (``row: 1``) of the same size."""
    row_shared: bool = False
    """Secondary and auxiliary fields share one row of ``secondary`` places."""
    footer: int = 0
    square_barcode_shared: int | None = None
    """Secondary and auxiliary together beside a square barcode, where Apple's documents contradict each other."""

    def of(self, group: Group) -> int | None:
        """Places of one group taken alone; None: as many as one likes."""
        places = {
            Group.HEADER: self.header,
            Group.PRIMARY: self.primary,
            Group.SECONDARY: self.secondary,
            Group.AUXILIARY: self.auxiliary * self.auxiliary_rows,
            Group.FOOTER: self.footer,
        }
        return places.get(group)


LIMITS: Mapping[StyleKey, FaceLimits] = MappingProxyType(
    {
        StyleKey.BOARDING_PASS: FaceLimits(header=3, primary=2, secondary=4, auxiliary=5),
        StyleKey.COUPON: FaceLimits(header=3, primary=1, secondary=4, auxiliary=4, row_shared=True),
        StyleKey.STORE_CARD: FaceLimits(header=3, primary=1, secondary=4, auxiliary=4, row_shared=True),
        StyleKey.EVENT_TICKET: FaceLimits(header=3, primary=1, secondary=4, auxiliary=4, auxiliary_rows=2),
        StyleKey.GENERIC: FaceLimits(header=3, primary=1, secondary=4, auxiliary=4, square_barcode_shared=4),
        StyleKey.POSTER_GENERIC: FaceLimits(header=1, primary=4, secondary=0, auxiliary=0, footer=2),
    }
)

IMAGES: Mapping[StyleKey, tuple[str, ...]] = MappingProxyType(
    {
        StyleKey.BOARDING_PASS: ("icon", "logo", "footer"),
        StyleKey.COUPON: ("icon", "logo", "strip"),
        StyleKey.EVENT_TICKET: ("icon", "logo", "strip", "background", "thumbnail"),
        StyleKey.GENERIC: ("icon", "logo", "thumbnail"),
        StyleKey.STORE_CARD: ("icon", "logo", "strip"),
        StyleKey.POSTER_GENERIC: ("icon", "primaryLogo", "artwork"),
    }
)
"""Base names of the pictures that each style draws. On event tickets a strip silences background and thumbnail."""

SCHEME_IMAGES: Mapping[StyleScheme, tuple[str, ...]] = MappingProxyType(
    {
        StyleScheme.POSTER_EVENT_TICKET: ("icon", "primaryLogo", "secondaryLogo", "artwork", "background"),
        StyleScheme.SEMANTIC_BOARDING_PASS: ("icon", "primaryLogo"),
        StyleScheme.EVENT_TICKET: IMAGES[StyleKey.EVENT_TICKET],
        StyleScheme.BOARDING_PASS: IMAGES[StyleKey.BOARDING_PASS],
    }
)

RELEVANT_BY_DATE = frozenset({StyleKey.BOARDING_PASS, StyleKey.EVENT_TICKET})
"""Styles that a date alone brings to the lock screen; ``generic`` needs a place as well, the others ignore dates."""

POSTER_EVENT_TAGS = ("eventName", "venueName", "venueRegionName", "venueRoom")
"""Semantic tags without which a poster event ticket quietly falls back to the old layout."""

SEMANTIC_BOARDING_TAGS = (
    "airlineCode",
    "flightNumber",
    "departureAirportCode",
    "departureCityName",
    "departureLocationTimeZone",
    "destinationAirportCode",
    "destinationCityName",
    "destinationLocationTimeZone",
    "originalBoardingDate",
    "originalDepartureDate",
    "originalArrivalDate",
    "passengerName",
)


def drawn_images(style: StyleKey, present: frozenset[str]) -> tuple[str, ...]:
    """Of the pictures present, by base name, those which the style draws."""
    silenced = {"background", "thumbnail"} if style is StyleKey.EVENT_TICKET and "strip" in present else set()
    return tuple(name for name in IMAGES[style] if name in present and name not in silenced)
