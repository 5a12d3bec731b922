"""Where everything on a face stands. The drawing and the findings about clipped values read the same layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from passwright.passes.content import AltTextType, BarcodeFormat, Content, ImageSlot, Style
from passwright.passes.preview import numbers as n
from passwright.passes.preview.barcodes import encodable
from passwright.passes.preview.colours import Colours
from passwright.passes.preview.fields import Groups, Shown
from passwright.passes.preview.markup import Line
from passwright.passes.preview.measuring import Fit, fit, measure, one_line, reads_right_to_left
from passwright.passes.preview.pictures import contained

Sizes = Mapping[ImageSlot, tuple[int, int]]

LOGO_TEXT_KEY = "logo_text"
CODE_TEXT_KEY = "barcode"


class Part(StrEnum):
    """Which text of a pass stands somewhere."""

    LABEL = "label"
    VALUE = "value"
    LOGO_TEXT = "logo_text"
    ALT_TEXT = "alt_text"


class Placed(Struct, frozen=True):
    """A text with its place, and what had to be done to make it fit. ``key`` is its field's."""

    key: str
    part: Part
    full: str
    fit: Fit
    line: Line


class CodePlace(Struct, frozen=True):
    """A code in its white box. ``message`` is empty when there is nothing that can be encoded."""

    format: BarcodeFormat
    message: str
    box: n.Box
    code: n.Box
    strength: float = 1.0


class Layout(Struct, frozen=True):
    """A face. Boxes of pictures are None where the pass has none or the style takes none."""

    texts: tuple[Placed, ...]
    first_row: float
    """Top of the first row of fields."""
    code: CodePlace | None = None
    logo: n.Box | None = None
    strip: n.Box | None = None
    thumbnail: n.Box | None = None
    footer: n.Box | None = None
    background: bool = False
    journey: bool = False


class Ground(Struct, frozen=True):
    """What the parts of a layout share."""

    content: Content
    groups: Groups
    sizes: Sizes
    colours: Colours
    samples: bool


def lay_out(ground: Ground) -> Layout:
    """The layout of a face."""
    style = ground.content.style
    code, code_text = _code(ground)
    logo, header = _header(ground)
    body = _boarding if style is Style.BOARDING_PASS else _strip_card if _has_strip(ground) else _plain_card
    texts, first_row = body(ground, code)
    thumbnail = n.THUMBNAIL if _has_thumbnail(ground) else None
    return Layout(
        texts=(*header, *texts, *code_text),
        first_row=first_row,
        code=code,
        logo=logo,
        strip=_strip_box(style) if _has_strip(ground) and ImageSlot.STRIP in ground.sizes else None,
        thumbnail=thumbnail,
        footer=_footer(ground, code),
        background=style is Style.EVENT_TICKET and not _has_strip(ground) and ImageSlot.BACKGROUND in ground.sizes,
        journey=style is Style.BOARDING_PASS,
    )


def columns(naturals: Sequence[float], width: float, gap: float) -> list[float]:
    """Widths of the columns of a row. Room to spare is handed out in equal parts, too little is taken in
    proportion. No column asks for more than the whole row, or one endless value would erase the others."""
    room = max(0.0, width - gap * (len(naturals) - 1))
    asked = [min(natural, room) for natural in naturals]
    total = sum(asked)
    if total <= room:
        return [wish + (room - total) / len(asked) for wish in asked]
    return [wish * room / total for wish in asked]


def _header(ground: Ground) -> tuple[n.Box | None, list[Placed]]:
    """Logo, logo text and header fields; the logo text gives way first."""
    logo = _logo(ground)
    start = logo.x + logo.width + n.LOGO_TEXT_AFTER_LOGO if logo else n.SIDE
    fields, begin = _header_fields(ground, start)
    text = one_line(ground.content.look.logo_text)
    room = (begin - n.LOGO_TEXT_BEFORE_HEADER if fields else n.WIDTH - n.SIDE) - start
    if text:
        fields.insert(
            0,
            _placed(LOGO_TEXT_KEY, Part.LOGO_TEXT, text, n.LOGO_TEXT, start, n.LOGO_TEXT_BASELINE, room,
                    ground.colours.text),
        )  # fmt: skip
    return logo, fields


def _logo(ground: Ground) -> n.Box | None:
    size = ground.sizes.get(ImageSlot.LOGO)
    if size is None:
        return None
    width, height = contained(size, n.LOGO.width, n.LOGO.height)
    return n.Box(n.LOGO.x, n.LOGO.y + (n.LOGO.height - height) / 2, width, height)


def _header_fields(ground: Ground, start: float) -> tuple[list[Placed], float]:
    """The header fields, the last one at the right edge, and where the first one begins."""
    fields = ground.groups.header
    if not fields:
        return [], n.WIDTH - n.SIDE
    gaps = n.HEADER_GAP * (len(fields) - 1)
    naturals = [_natural(field, n.HEADER_VALUE) for field in fields]
    most = n.WIDTH - n.SIDE - start
    widths = naturals if sum(naturals) + gaps <= most else columns(naturals, most, n.HEADER_GAP)
    right, placed = n.WIDTH - n.SIDE, list[Placed]()
    for field, width in zip(reversed(fields), reversed(widths), strict=True):
        placed[:0] = _pair(
            ground, field, right, width, "right", n.HEADER_VALUE, n.HEADER_LABEL_BASELINE, n.HEADER_VALUE_BASELINE
        )
        right -= width + n.HEADER_GAP
    return placed, right + n.HEADER_GAP


def _plain_card(ground: Ground, code: CodePlace | None) -> tuple[list[Placed], float]:
    """Generic, and event tickets without a strip: primary beside the thumbnail, two rows."""
    event = ground.content.style is Style.EVENT_TICKET
    face = n.EVENT_PRIMARY if event else n.GENERIC_PRIMARY
    baseline = n.EVENT_PRIMARY_BASELINE if event else n.GENERIC_PRIMARY_BASELINE
    width = n.BESIDE_THUMBNAIL if _has_thumbnail(ground) else n.INNER
    texts = list[Placed]()
    for field in ground.groups.primary:
        texts += _pair(ground, field, n.SIDE, width, "left", face, n.PRIMARY_LABEL_BASELINE, baseline)
    second, third = (
        (n.BACKGROUND_SECONDARY, n.BACKGROUND_AUXILIARY) if event else (n.GENERIC_SECONDARY, n.GENERIC_AUXILIARY)
    )
    lift = n.GENERIC_LIFT if not event and code and code.format in n.SQUARE_FORMATS else 0.0
    texts += _row(ground, ground.groups.secondary, second, lift)
    texts += _row(ground, ground.groups.auxiliary[: third.count], third, lift)
    texts += _row(ground, ground.groups.auxiliary[third.count :], n.BACKGROUND_SECOND_AUXILIARY)
    return texts, second.top - lift


def _strip_card(ground: Ground, code: CodePlace | None) -> tuple[list[Placed], float]:
    """Primary on the strip with its label below; store cards and coupons have one row, event tickets two."""
    event = ground.content.style is Style.EVENT_TICKET
    strip = _strip_box(ground.content.style)
    face, lower = (
        (n.EVENT_STRIP_PRIMARY, n.EVENT_STRIP_BELOW_MIDDLE) if event else (n.STRIP_PRIMARY, n.STRIP_BELOW_MIDDLE)
    )
    baseline = strip.y + strip.height / 2 + lower
    texts, ink = list[Placed](), ground.colours.text
    for field in ground.groups.primary:
        label = baseline + n.STRIP_LABEL_LOWER
        texts += _pair(
            ground, field, n.SIDE, n.INNER, "left", face, label, baseline, label_face=n.STRIP_LABEL, label_ink=ink
        )
    if not event:
        return texts + _row(ground, (*ground.groups.secondary, *ground.groups.auxiliary), n.COMBINED), n.COMBINED.top
    texts += _row(ground, ground.groups.secondary, n.STRIP_SECONDARY)
    first, second = n.STRIP_AUXILIARY, n.STRIP_SECOND_AUXILIARY
    texts += _row(ground, ground.groups.auxiliary[: first.count], first)
    return texts + _row(ground, ground.groups.auxiliary[first.count :], second), n.STRIP_SECONDARY.top


def _boarding(ground: Ground, code: CodePlace | None) -> tuple[list[Placed], float]:
    """Origin and destination around the transit symbol; the auxiliary row stands above the secondary one."""
    width = n.TRANSIT.x - n.JOURNEY_GAP - n.SIDE
    texts = list[Placed]()
    for field, (x, align) in zip(ground.groups.primary, ((n.SIDE, "left"), (n.WIDTH - n.SIDE, "right")), strict=False):
        texts += _pair(ground, field, x, width, align, n.JOURNEY_PRIMARY, n.PRIMARY_LABEL_BASELINE, n.JOURNEY_BASELINE)
    texts += _row(ground, ground.groups.auxiliary, n.BOARDING_AUXILIARY)
    return texts + _row(ground, ground.groups.secondary, n.BOARDING_SECONDARY), n.BOARDING_AUXILIARY.top


def _row(ground: Ground, fields: Sequence[Shown], row: n.Row, lift: float = 0.0) -> list[Placed]:
    if not fields:
        return []
    widths = columns([_natural(field, row.face) for field in fields], n.INNER, n.COLUMN_GAP)
    left, texts, top = n.SIDE, list[Placed](), row.top - lift
    for index, (field, width) in enumerate(zip(fields, widths, strict=True)):
        align = _alignment(field, last=index == len(fields) - 1 and index > 0)
        x = {"left": left, "center": left + width / 2, "right": left + width}[align]
        texts += _pair(ground, field, x, width, align, row.face, top + n.ROW_LABEL, top + row.value)
        left += width + n.COLUMN_GAP
    return texts


def _alignment(field: Shown, *, last: bool) -> str:
    if field.text_alignment in ("left", "center", "right"):
        return field.text_alignment
    if field.text_alignment == "natural":
        return "right" if reads_right_to_left(field.value or field.label) else "left"
    return "right" if last else "left"


def _natural(field: Shown, face: n.Face) -> float:
    return max(
        measure(field.label, n.LABEL.size, n.LABEL.weight, n.LABEL.spacing),
        measure(field.value, face.size, face.weight),
    )


def _pair(
    ground: Ground,
    field: Shown,
    x: float,
    width: float,
    align: str,
    face: n.Face,
    label_y: float,
    value_y: float,
    *,
    label_face: n.Face = n.LABEL,
    label_ink: str = "",
) -> Iterator[Placed]:
    """Label and value of a field, whatever of them is not empty."""
    if field.label:
        ink = label_ink or ground.colours.label
        yield _placed(field.key, Part.LABEL, field.label, label_face, x, label_y, width, ink, align)
    if field.value:
        yield _placed(
            field.key, Part.VALUE, field.value, face, x, value_y, width, ground.colours.text, align, field.strength
        )


def _placed(
    key: str,
    part: Part,
    text: str,
    face: n.Face,
    x: float,
    y: float,
    width: float,
    ink: str,
    align: str = "left",
    strength: float = 1.0,
) -> Placed:
    fitted = fit(text, width + SLACK, face)
    line = Line(
        x=x, y=y, text=fitted.shown, size=fitted.size, weight=face.weight, fill=ink, align=align,
        spacing=face.spacing, strength=strength,
    )  # fmt: skip
    return Placed(key, part, text, fitted, line)


SLACK = 0.01
"""Columns are sums and quotients of widths; rounding must not shrink what fits exactly."""


def _code(ground: Ground) -> tuple[CodePlace | None, list[Placed]]:
    """The code's box hangs from the bottom; with a text under the code it is higher."""
    barcode = ground.content.barcode
    if barcode.format is BarcodeFormat.NONE:
        return None, []
    square = barcode.format in n.SQUARE_FORMATS
    width, height = n.SQUARE_CODE if square else n.WIDE_CODE
    message, text, strength = _message(ground)
    room, lower = (n.SQUARE_TEXT_ROOM, n.SQUARE_TEXT_LOWER) if square else (n.WIDE_TEXT_ROOM, n.WIDE_TEXT_LOWER)
    plain = height + 2 * n.CODE_PADDING
    tall = plain + (room if text else 0)
    box = n.Box((n.WIDTH - width) / 2 - n.CODE_PADDING, n.CODE_BOTTOM - tall, width + 2 * n.CODE_PADDING, tall)
    code = n.Box(box.x + n.CODE_PADDING, box.y + n.CODE_PADDING, width, height)
    place = CodePlace(barcode.format, message, box, code, strength)
    if not text:
        return place, []
    y = box.y + plain + lower
    return place, [
        _placed(CODE_TEXT_KEY, Part.ALT_TEXT, text, n.CODE_TEXT, n.WIDTH / 2, y, width, n.BLACK, "center", strength)
    ]


def _message(ground: Ground) -> tuple[str, str, float]:
    """The message, the text under the code, and how strongly both are drawn. Without a pass they are made up; a
    message that cannot be encoded counts as none, and then no text explains it."""
    barcode = ground.content.barcode
    message, text, strength = barcode.message, one_line(barcode.alt_text), 1.0
    if ground.samples and not message:
        mirrored = n.SAMPLE_CODE if barcode.alt_text_type is AltTextType.MIRROR else text
        message, text, strength = n.SAMPLE_CODE, mirrored, n.SAMPLE_STRENGTH
    return (message, text, strength) if encodable(message, barcode.format) else ("", "", strength)


def _footer(ground: Ground, code: CodePlace | None) -> n.Box | None:
    if ground.content.style is not Style.BOARDING_PASS or ImageSlot.FOOTER not in ground.sizes:
        return None
    bottom = code.box.y - n.FOOTER_ABOVE_CODE if code else n.CODE_BOTTOM
    return n.Box((n.WIDTH - n.FOOTER_WIDTH) / 2, bottom - n.FOOTER_HEIGHT, n.FOOTER_WIDTH, n.FOOTER_HEIGHT)


def _has_strip(ground: Ground) -> bool:
    """Whether the style lays its primary field on a strip, even if no picture is there."""
    style = ground.content.style
    return style in (Style.STORE_CARD, Style.COUPON) or (
        style is Style.EVENT_TICKET and ImageSlot.STRIP in ground.sizes
    )


def _has_thumbnail(ground: Ground) -> bool:
    """A strip on an event ticket silences its thumbnail."""
    style = ground.content.style
    takes = style is Style.GENERIC or (style is Style.EVENT_TICKET and not _has_strip(ground))
    return takes and ImageSlot.THUMBNAIL in ground.sizes


def _strip_box(style: Style) -> n.Box:
    return n.EVENT_STRIP if style is Style.EVENT_TICKET else n.STRIP
