"""Every measure of a drawn pass, in one place.

One unit is one point on a card 375 points wide. Sizes of pictures, groups and counts follow Apple's documents;
paddings, type sizes, radii and cut-outs are ours and were chosen by eye. To correct the drawing after a real phone,
change a line here.
"""

from __future__ import annotations

from msgspec import Struct

from passwright.passes.content import BarcodeFormat, Style

WIDTH = 375.0
HEIGHT = 484.0
RADIUS = 12.0
SIDE = 16.0
"""Padding at both sides."""
INNER = WIDTH - 2 * SIDE

SCREEN_FACES = "-apple-system,'SF Pro Text',Inter,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
"""What a browser draws with. Widths come from Inter, whose letters are close to those of Apple's face."""


class Box(Struct, frozen=True):
    x: float
    y: float
    width: float
    height: float


class Face(Struct, frozen=True):
    """How a text is set. A value shrinks by steps of 1 from ``size`` to ``smallest``, then it is cut."""

    size: float
    weight: int
    smallest: float
    spacing: float = 0.0


LABEL = Face(11, 600, 11, 0.2)
STRIP_LABEL = Face(13, 600, 13, 0.3)
LOGO_TEXT = Face(20, 500, 15)
HEADER_VALUE = Face(20, 400, 14)
VALUE = Face(18, 400, 13)
COMBINED_VALUE = Face(17, 400, 13)
BOARDING_VALUE = Face(16, 400, 13)
GENERIC_PRIMARY = Face(30, 400, 20)
EVENT_PRIMARY = Face(28, 400, 20)
STRIP_PRIMARY = Face(60, 300, 30)
EVENT_STRIP_PRIMARY = Face(32, 500, 16)
JOURNEY_PRIMARY = Face(50, 300, 35)
CODE_TEXT = Face(13, 400, 10)

BLACK = "#000000"
WHITE = "#ffffff"

# Header band
LOGO = Box(SIDE, 8, 160, 50)
LOGO_TEXT_AFTER_LOGO = 8.0
LOGO_TEXT_BASELINE = 40.0
LOGO_TEXT_BEFORE_HEADER = 14.0
HEADER_LABEL_BASELINE = 25.0
HEADER_VALUE_BASELINE = 47.0
HEADER_GAP = 14.0
HEADER_COUNT = 3

# Rows
COLUMN_GAP = 12.0
ROW_LABEL = 12.0
"""From the top of a row to the baseline of its labels."""
THUMBNAIL = Box(269, 76, 90, 90)
THUMBNAIL_RADIUS = 4.0
BESIDE_THUMBNAIL = 241.0


class Row(Struct, frozen=True):
    """A row of fields: its top, its face, from the top to the baseline of its values, how many it shows."""

    top: float
    face: Face
    value: float
    count: int


GENERIC_SECONDARY = Row(182, VALUE, 33, 4)
GENERIC_AUXILIARY = Row(228, VALUE, 33, 4)
GENERIC_LIFT = 2.0
"""Both rows of a generic pass stand this much higher over a square code."""
COMBINED = Row(222, COMBINED_VALUE, 32, 4)
STRIP_SECONDARY = Row(176, VALUE, 33, 4)
STRIP_AUXILIARY = Row(222, VALUE, 33, 4)
STRIP_SECOND_AUXILIARY = Row(268, VALUE, 33, 4)
BACKGROUND_SECONDARY = Row(180, VALUE, 33, 4)
BACKGROUND_AUXILIARY = Row(226, VALUE, 33, 4)
BACKGROUND_SECOND_AUXILIARY = Row(272, VALUE, 33, 4)
BOARDING_AUXILIARY = Row(174, BOARDING_VALUE, 30, 5)
BOARDING_SECONDARY = Row(224, BOARDING_VALUE, 30, 4)

# Primary fields
PRIMARY_LABEL_BASELINE = 90.0
GENERIC_PRIMARY_BASELINE = 124.0
EVENT_PRIMARY_BASELINE = 123.0
JOURNEY_BASELINE = 136.0
STRIP = Box(0, 66, 375, 144)
EVENT_STRIP = Box(0, 66, 375, 98)
STRIP_BELOW_MIDDLE = 13.0
EVENT_STRIP_BELOW_MIDDLE = 7.0
STRIP_LABEL_LOWER = 22.0
TRANSIT = Box(169.5, 104, 36, 25)
JOURNEY_GAP = 12.0
"""Between a place and the transit symbol."""

BACKGROUND_BLUR = 22.0
BACKGROUND_DARKEN = 0.28

# Outlines
BITES = 30
BITE_RADIUS = 4.0
BITE_PITCH = 12.5
NOTCH_RADIUS = 20.0
NOTCH_ABOVE = 6.0
BOARDING_BITE_RADIUS = 6.0
BOARDING_BITE_Y = 158.0

# Codes
CODE_BOTTOM = HEIGHT - SIDE
CODE_PADDING = 12.0
CODE_RADIUS = 6.0
SQUARE_CODE = (140.0, 140.0)
WIDE_CODE = (295.0, 66.0)
SQUARE_TEXT_ROOM, SQUARE_TEXT_LOWER = 22.0, 8.0
"""What the text adds to the box, and from the box without text down to the text's baseline."""
WIDE_TEXT_ROOM, WIDE_TEXT_LOWER = 20.0, 7.0
SQUARE_FORMATS = frozenset({BarcodeFormat.QRCODE, BarcodeFormat.AZTEC})
FOOTER_WIDTH, FOOTER_HEIGHT, FOOTER_ABOVE_CODE = 286.0, 15.0, 13.0

# States
GREY_SATURATION = 0.15
GREY_STRENGTH = 0.62
SAMPLE_STRENGTH = 0.7
COVER_STRENGTH = 0.93
COVER_BLUR = 7.0
BAND = Box(SIDE, 0, INNER, 40)
BAND_RADIUS = 8.0
BAND_STRENGTH = 0.94
BAND_TEXT = Face(16, 600, 12)
VOIDED_TEXT = Face(17, 600, 12)
VOIDED_NOTE = Face(13, 400, 10)
STATE_INK = "#1c1b19"
STATE_NOTE_INK = "#55534d"
MISSING_GROUND = "#e4e2dc"
MISSING_INK = "#504e48"
MISSING_TEXT = Face(13, 500, 10)

# The back
BACK_TITLE_BASELINE = 38.0
BACK_TITLE = Face(16, 600, 12)
BACK_TITLE_ROOM = 230.0
BACK_LABEL = Face(13, 400, 13)
BACK_VALUE = Face(16, 400, 16)
BACK_LINE = 20.0
BACK_LABEL_LINE = 17.0
BACK_RADIUS = 10.0
BACK_PADDING = 16.0
BACK_SWITCHES_TOP = 60.0
BACK_SWITCH_ROW = 44.0
BACK_GROUP_GAP = 20.0
BACK_FIRST_BASELINE = 22.0
BACK_LABEL_TO_VALUE = 21.0
BACK_AFTER_VALUE = 19.0
BACK_SWITCH = Box(295, 8, 48, 28)
BACK_FOOT = 24.0


class Tones(Struct, frozen=True):
    ground: str
    group: str
    ink: str
    label: str
    link: str
    rule: str
    switch: str = "#2f9e44"


BACK_LIGHT = Tones("#f2f2f7", "#ffffff", "#000000", "#5f5f66", "#0a66d8", "#d9d9de")
BACK_DARK = Tones("#000000", "#1c1c1e", "#ffffff", "#a1a1a8", "#6cb0ff", "#3a3a3d")

PRIMARY_COUNT = {style: 2 if style is Style.BOARDING_PASS else 1 for style in Style}

SAMPLE_CODE = "0000001"
