"""The words of a pass before any wallet: what a campaign fixes, what a pass adds, what a phone finally says.

Frozen values only. Rows are made from them and wallets read them; nothing here knows either.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Style(StrEnum):
    """The five types of campaign, spelled as Apple's style keys (and as a template's ``pass_type``)."""

    BOARDING_PASS = "boardingPass"
    COUPON = "coupon"
    EVENT_TICKET = "eventTicket"
    GENERIC = "generic"
    STORE_CARD = "storeCard"


class Position(StrEnum):
    """The field lists of a pass, in the order in which they are read."""

    HEADER = "header"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    AUXILIARY = "auxiliary"
    BACK = "back"


class Behaviour(StrEnum):
    """``fixed``: the same on every pass, follows the campaign. ``dynamic``: asked for and kept per pass."""

    FIXED = "fixed"
    DYNAMIC = "dynamic"


class DataType(StrEnum):
    TEXT = "text"
    MULTILINE = "multiline"
    NUMBER = "number"
    CURRENCY = "currency"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    IMAGE = "image"
    LOCATIONS = "locations"


class TransitType(StrEnum):
    """What a boarding pass boards."""

    AIR = "air"
    BOAT = "boat"
    BUS = "bus"
    GENERIC = "generic"
    TRAIN = "train"


class ImageSlot(StrEnum):
    """A place for a picture, spelled as the asset's ``asset_type`` and as Apple's file name without suffix."""

    ICON = "icon"
    LOGO = "logo"
    STRIP = "strip"
    THUMBNAIL = "thumbnail"
    BACKGROUND = "background"
    FOOTER = "footer"


class BarcodeFormat(StrEnum):
    """``ean128`` is drawn as Code 128; ``none`` shows no code."""

    QRCODE = "qrcode"
    PDF417 = "pdf417"
    AZTEC = "aztec"
    EAN128 = "ean128"
    NONE = "none"


class AltTextType(StrEnum):
    """What stands under the code: the message, the given ``alt_text``, nothing."""

    MIRROR = "mirror"
    CUSTOM = "custom"
    NONE = "none"


class CodeType(StrEnum):
    """Where a pass's code comes from. ``sequencial`` is spelled so on the wire."""

    SEQUENCIAL = "sequencial"
    FIXED = "fixed"
    PER_PASS = "per_pass"


class Language(StrEnum):
    """In which the pages of a campaign, its e-mails and its passes speak (BCP 47)."""

    ENGLISH = "en"
    PORTUGUESE = "pt"
    GERMAN = "de"
    SPANISH = "es"
    FRENCH = "fr"


class AfterCreate(StrEnum):
    """What follows the form: the page of the pass, or its file at once."""

    VIEW = "view"
    DOWNLOAD = "download"


class Field(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column of a campaign, or what a pass shows of one. ``value`` and ``label`` are text or absent."""

    key: str
    position: Position
    value: str | None = None
    label: str | None = None
    behaviour: Behaviour = Behaviour.FIXED
    data_type: DataType = DataType.TEXT
    format: str | None = None
    required: bool | None = None
    admin_only: bool = False
    hidden: bool = False
    generated: bool = False
    distinct: bool = False
    use_as_barcode: bool = False
    change_message: str | None = None
    text_alignment: str | None = None
    """``left``, ``center``, ``right`` or ``natural``."""
    choices: tuple[str, ...] = ()
    """Of a ``choice``: the answers there are, in the order in which they are offered."""
    help: str | None = None
    """What the form says below the question."""
    fixed_since: int = 0
    """Epoch of the update that made the field fixed; 0 if it always was, or is dynamic and never was fixed."""
    overwritten_at: int = 0
    """Epoch of the last merge that met the field as a fixed one, known once it became dynamic."""


class Location(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Degrees; altitude in metres."""

    latitude: float
    longitude: float
    altitude: float | None = None
    relevant_text: str | None = None
    name: str | None = None


class Beacon(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``major`` and ``minor`` are 0 to 65535."""

    proximity_uuid: str
    major: int | None = None
    minor: int | None = None
    relevant_text: str | None = None


class Barcode(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A code as asked for, before resolution: an absent message or text is decided by `passes.codes`."""

    format: BarcodeFormat = BarcodeFormat.QRCODE
    message: str | None = None
    alt_text: str | None = None
    alt_text_type: AltTextType = AltTextType.MIRROR


class ShownBarcode(Struct, frozen=True, kw_only=True):
    """A code as a pass shows it: everything decided. With format ``none`` both texts are empty."""

    format: BarcodeFormat
    message: str
    alt_text: str
    alt_text_type: AltTextType = AltTextType.MIRROR


class ImageRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture by what it is: ``asset_id`` for people, ``digest`` (SHA-256 of the stored PNG, hex) for storage."""

    asset_id: str
    digest: str


class Look(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a template contributes. Colours as given: ``#rgb`` or ``#rrggbb``."""

    logo_text: str | None = None
    background_color: str | None = None
    text_color: str | None = None
    label_color: str | None = None
    transit_type: str | None = None
    """``air``, ``boat``, ``bus``, ``generic`` or ``train``; boarding passes only."""
    images: dict[ImageSlot, ImageRef] = field(default_factory=dict)


class Revision(Struct, frozen=True, kw_only=True, omit_defaults=True, weakref=True):
    """An immutable snapshot of all that renders in a campaign, numbered by the epoch at which it was made."""

    epoch: int
    style: Style
    name: str
    organization_name: str
    description: str
    look: Look
    fields: tuple[Field, ...] = ()
    """In reading order: by position, then by place in its list. Keys are unique over all positions."""
    locations: tuple[Location, ...] = ()
    beacons: tuple[Beacon, ...] = ()
    barcode: Barcode | None = None
    barcodes: tuple[Barcode, ...] = ()
    code_type: CodeType = CodeType.SEQUENCIAL
    code_fixed_value: str | None = None
    max_distance: int | None = None
    associated_store_identifiers: tuple[int, ...] = ()
    language: str = "en"
    """In which the pass itself speaks to its holder, where it does."""
    country: str | None = None
    """ISO 3166-1: how a phone number without a country is read."""
    edit_link: bool = False
    """Whether the back has a link with which the holder changes what he said, or lets go of the pass."""


class Reset(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A campaign push that brought every pass older than revision ``before`` back to the campaign's content.

    ``epoch``: when it happened. A pass made at or after ``before`` was current already and is not touched.
    ``final``: those before it are forgotten, so that undoing it would bring back more than it took.
    """

    epoch: int
    before: int
    final: bool = False


class Marks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to all passes of a campaign at once, as epochs; 0 is never.

    ``resets`` is a stack: the last one rules, undoing it pops it; the last 50 are kept. A reset is only written when
    a content update came after the last merge or reset, so the last reset that touched a pass is simply the last one
    whose ``before`` is greater than the epoch at which the pass was made.
    """

    merge: int = 0
    locations_merge: int = 0
    beacons_merge: int = 0
    resets: tuple[Reset, ...] = ()
    at: datetime | None = None
    """When the last of them happened: no pass of the campaign shows an older ``updated_at``."""


class FieldOverride(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one pass says about one field. An epoch of None means: this part is the campaign's.

    ``position`` and ``behaviour`` rule only where the campaign does not have the field. ``behaviour`` is None
    in what was written over a field of the campaign, and is not None in a field that the pass brought itself:
    the first goes when the campaign drops the field, the second stays. ``removed_at`` (an epoch) hides a field
    of the campaign on this pass, as ``merge: false`` asks.
    """

    key: str
    position: Position
    value: str | None = None
    value_at: int | None = None
    label: str | None = None
    label_at: int | None = None
    behaviour: Behaviour | None = None
    removed_at: int | None = None
    stores: tuple[Location, ...] = ()
    """Of a value that is a point: the campaign's stores nearest to it, as they were found."""


class Stamped(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parts of a pass that are kept whole, each with the epoch at which it was written."""

    at: int


class LocationsOverride(Stamped, frozen=True, kw_only=True, omit_defaults=True):
    locations: tuple[Location, ...]


class BeaconsOverride(Stamped, frozen=True, kw_only=True, omit_defaults=True):
    beacons: tuple[Beacon, ...]


class ImageOverride(Stamped, frozen=True, kw_only=True, omit_defaults=True):
    image: ImageRef


class BarcodesOverride(Stamped, frozen=True, kw_only=True, omit_defaults=True):
    """``barcode`` and ``barcodes`` as sent for this pass; survives resets (the code is the pass's identity)."""

    barcodes: tuple[Barcode, ...]


class DistanceOverride(Stamped, frozen=True, kw_only=True, omit_defaults=True):
    max_distance: int | None


class MessageOverride(Stamped, frozen=True, kw_only=True, omit_defaults=True):
    """The lock-screen message that was pushed to this pass alone, as it is shown (`passes.messages`)."""

    text: str


class Overrides(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is particular to one pass, and nothing else."""

    fields: tuple[FieldOverride, ...] = ()
    locations: LocationsOverride | None = None
    beacons: BeaconsOverride | None = None
    images: dict[ImageSlot, ImageOverride] = field(default_factory=dict)
    barcodes: BarcodesOverride | None = None
    max_distance: DistanceOverride | None = None
    message: MessageOverride | None = None


class PassState(Struct, frozen=True, kw_only=True):
    """What a pass keeps through merges and resets, read from its row."""

    serial_number: str
    made_at: int
    """Epoch of the campaign at which the pass was made."""
    redeem_code: str
    voided: bool = False
    redeemed_count: int = 0
    expiration_date: datetime | None = None
    relevant_date: datetime | None = None
    user_info: dict[str, Any] = field(default_factory=dict)


class Content(Struct, frozen=True, kw_only=True):
    """What a pass says, completely: every wallet, the preview and the API read this and nothing else."""

    style: Style
    serial_number: str
    organization_name: str
    description: str
    look: Look
    """Images already include the pass's own."""
    fields: tuple[Field, ...]
    """In reading order, without removed ones; ``hidden`` ones are included and not to be drawn."""
    barcode: ShownBarcode
    barcodes: tuple[ShownBarcode, ...]
    """At least the effective one; the first equals ``barcode``."""
    locations: tuple[Location, ...] = ()
    beacons: tuple[Beacon, ...] = ()
    max_distance: int | None = None
    expiration_date: datetime | None = None
    relevant_date: datetime | None = None
    voided: bool = False
    user_info: dict[str, Any] = field(default_factory=dict)
    associated_store_identifiers: tuple[int, ...] = ()
    language: str = "en"
    edit_link: bool = False
    push_message: str = ""
    """The reserved lock-screen message; on every pass from its first issue, invisible in the API."""
