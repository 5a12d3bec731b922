"""The front of a pass as one SVG: the same for the designer, the public page, the e-mail and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time

from msgspec import Struct

from passwright.passes.content import Content, ImageSlot, Style
from passwright.passes.preview import numbers as n
from passwright.passes.preview.barcodes import drawn_code
from passwright.passes.preview.colours import Colours, colours_of, greyed
from passwright.passes.preview.fields import LONGEST_DESCRIPTION, face_groups, shortened, spoken
from passwright.passes.preview.layout import CodePlace, Ground, Layout, Part, Sizes, lay_out
from passwright.passes.preview.markup import OWN, Line, document, number, rectangle, text
from passwright.passes.preview.measuring import fit, one_line
from passwright.passes.preview.outlines import card_outline
from passwright.passes.preview.phrases import plain_date
from passwright.passes.preview.pictures import blurred_background, picture, sizes_of
from passwright.passes.preview.symbols import TRANSIT_SYMBOLS

SAMPLE_DAY = date(2026, 11, 22)
VOIDED_NOTE = "The code is covered on the phone too"
CODE_MISSING = "Code missing"
COVERED_MESSAGE = "voided"
"""What a covered code says: the real message must not lie under the cover, where anybody could lift it."""

NOMINAL_SIZES: Sizes = {
    ImageSlot.LOGO: (150, 150),
    ImageSlot.STRIP: (1125, 432),
    ImageSlot.THUMBNAIL: (270, 270),
    ImageSlot.BACKGROUND: (540, 660),
    ImageSlot.FOOTER: (858, 45),
}
"""Taken for pictures that a pass has but that are not at hand."""


class Shrinkage(Struct, frozen=True):
    """A text that the face cannot show as it is: smaller (advice), or cut (clipped).

    ``key`` is the field's key; ``logo_text`` and ``barcode`` for the two texts that are no fields.
    """

    key: str
    part: Part
    text: str
    shown: str
    size: float
    cut: bool


def front_svg(
    content: Content,
    images: Mapping[ImageSlot, bytes],
    *,
    today: date | None = None,
    at: datetime | None = None,
    voided_on: date | None = None,
    samples: bool = False,
) -> str:
    """The front. A pass whose ``expiration_date`` is not after ``at`` (or after the beginning of ``today``) is drawn
    expired, a voided one voided (``voided_on`` is printed if known). ``samples`` fills in missing values."""
    colours = colours_of(content.look)
    ground = _ground(content, colours, sizes_of(images), samples, today or (at.date() if at else SAMPLE_DAY))
    layout = lay_out(ground)
    expired = None if content.voided else _expired_on(content, at, today)
    body = _body(ground, layout, images)
    if content.voided:
        parts = _voided(content, colours, layout, body, voided_on)
    elif expired:
        parts = _expired(content, colours, layout, body, expired)
    else:
        parts = _card(content.style, colours.ground, [*body, *_code(layout), *_texts(layout)])
    description = one_line(content.description)
    return document(
        n.WIDTH, n.HEIGHT, title=description, name=accessible_name(content), description=spoken(content), parts=parts
    )


def accessible_name(content: Content) -> str:
    """What a screen reader says: the description, then label and value of every field in reading order.

    Pages that show the drawing as ``<img>`` put it into ``alt``."""
    return ". ".join(
        part for part in (one_line(shortened(content.description, LONGEST_DESCRIPTION)), spoken(content)) if part
    )


def shrinkage(content: Content, images: Mapping[ImageSlot, bytes] | None = None) -> list[Shrinkage]:
    """The texts of the face that are drawn smaller or cut, from the same measuring as the drawing.

    Without ``images``, pictures that the pass refers to are taken to have their usual sizes."""
    sizes = sizes_of(images) if images is not None else {s: NOMINAL_SIZES[s] for s in _referred(content)}
    ground = _ground(content, colours_of(content.look), sizes, False, SAMPLE_DAY)
    return [
        Shrinkage(placed.key, placed.part, placed.full, placed.fit.shown, placed.fit.size, placed.fit.cut)
        for placed in lay_out(ground).texts
        if placed.fit.shrunk or placed.fit.cut
    ]


def _referred(content: Content) -> Iterable[ImageSlot]:
    return (slot for slot in content.look.images if slot in NOMINAL_SIZES)


def _ground(content: Content, colours: Colours, sizes: Sizes, samples: bool, today: date) -> Ground:
    groups = face_groups(content, samples=samples, today=today)
    return Ground(content, groups, sizes, colours, samples)


def _expired_on(content: Content, at: datetime | None, today: date | None) -> date | None:
    """The day the pass expired, if it has."""
    moment = at or (datetime.combine(today, time(), UTC) if today else None)
    expires = content.expiration_date
    if moment is None or expires is None or moment < expires:
        return None
    return expires.astimezone(UTC).date()


def _card(style: Style, colour: str, parts: Iterable[str]) -> list[str]:
    """The card's outline filled with its ground, and everything on it. Clipping the whole card would cost a
    renderer more than all the rest, and only a background reaches the outline: it is clipped alone."""
    return [f'<path d="{card_outline(style)}" fill="{colour}"/>', *parts]


def _body(ground: Ground, layout: Layout, images: Mapping[ImageSlot, bytes]) -> list[str]:
    """Pictures and the transit symbol."""
    parts = []
    if layout.background:
        outline = card_outline(ground.content.style)
        parts.append(f'<clipPath id="{OWN}card"><path d="{outline}"/></clipPath>')
        parts.append(blurred_background(images[ImageSlot.BACKGROUND], clip="card"))
    if layout.logo:
        parts.append(picture(images[ImageSlot.LOGO], ImageSlot.LOGO, layout.logo, cover=False))
    if layout.strip:
        parts.append(picture(images[ImageSlot.STRIP], ImageSlot.STRIP, layout.strip, cover=True))
    if layout.thumbnail:
        parts.append(_thumbnail(images[ImageSlot.THUMBNAIL], layout.thumbnail))
    if layout.footer:
        parts.append(picture(images[ImageSlot.FOOTER], ImageSlot.FOOTER, layout.footer, cover=False))
    if layout.journey:
        parts.append(_transit(ground.content.look.transit_type, ground.colours.text))
    return parts


def _thumbnail(png: bytes, box: n.Box) -> str:
    place = f'x="{number(box.x)}" y="{number(box.y)}" width="{number(box.width)}" height="{number(box.height)}"'
    clip = f'<clipPath id="{OWN}photo"><rect {place} rx="{number(n.THUMBNAIL_RADIUS)}"/></clipPath>'
    return clip + picture(png, ImageSlot.THUMBNAIL, box, cover=True, clip="photo")


def _transit(kind: str | None, colour: str) -> str:
    symbol = TRANSIT_SYMBOLS.get(kind or "generic", TRANSIT_SYMBOLS["generic"])
    place = f"translate({number(n.TRANSIT.x)} {number(n.TRANSIT.y)})"
    return f'<path transform="{place}" d="{symbol}" fill="{colour}" fill-rule="evenodd"/>'


def _texts(layout: Layout, *, without: Part | None = None) -> list[str]:
    return [text(placed.line) for placed in layout.texts if placed.part is not without]


def _code(layout: Layout) -> list[str]:
    """The code in its white box, or a grey box that says that it is missing."""
    place = layout.code
    if place is None:
        return []
    if not place.message:
        return [_box(place, n.MISSING_GROUND), _centred(CODE_MISSING, n.MISSING_TEXT, _middle(place), n.MISSING_INK)]
    code = _drawn(place, place.message)
    return [_box(place, n.WHITE), code if place.strength == 1 else f'<g opacity="{place.strength}">{code}</g>']


def _drawn(place: CodePlace, message: str) -> str:
    return drawn_code(message, place.format, place.code)


def _box(place: CodePlace, fill: str, strength: float = 1.0) -> str:
    box = place.box
    return rectangle(box.x, box.y, box.width, box.height, fill, n.CODE_RADIUS, strength)


def _middle(place: CodePlace) -> float:
    return place.box.y + place.box.height / 2 + 5


def _centred(words: str, face: n.Face, y: float, fill: str, width: float = n.INNER - 24) -> str:
    fitted = fit(words, width, face)
    middle = n.WIDTH / 2
    return text(Line(x=middle, y=y, text=fitted.shown, size=fitted.size, weight=face.weight, fill=fill, align="center"))


def _grey(parts: Iterable[str]) -> list[str]:
    return [
        f'<filter id="{OWN}grey" color-interpolation-filters="sRGB">'
        f'<feColorMatrix type="saturate" values="{n.GREY_SATURATION}"/></filter>',
        f'<g filter="url(#{OWN}grey)" opacity="{n.GREY_STRENGTH}">',
        *parts,
        "</g>",
    ]


def _expired(content: Content, colours: Colours, layout: Layout, body: list[str], day: date) -> list[str]:
    """Greyed, the code readable, a white band across the first row."""
    top = layout.first_row
    band = rectangle(n.BAND.x, top, n.BAND.width, n.BAND.height, n.WHITE, n.BAND_RADIUS, n.BAND_STRENGTH)
    said = _centred(f"Expired {plain_date(day)}", n.BAND_TEXT, top + 25, n.STATE_INK)
    inside = [*_grey([*body, *_code(layout), *_texts(layout)]), band, said]
    return _card(content.style, greyed(colours.ground), inside)


def _voided(content: Content, colours: Colours, layout: Layout, body: list[str], day: date | None) -> list[str]:
    """Greyed, the code covered and blurred under a white box that says so."""
    grey = _grey([*body, *_texts(layout, without=Part.ALT_TEXT)])
    cover = _cover(layout.code) if layout.code else [_bottom_band()]
    middle = _middle(layout.code) if layout.code else n.CODE_BOTTOM - n.BAND.height / 2 + 6
    width = layout.code.code.width if layout.code else n.INNER - 24
    words = f"Voided on {plain_date(day)}" if day else "Voided"
    note = layout.code is not None and width > n.SQUARE_CODE[0]
    said = [_centred(words, n.VOIDED_TEXT, middle - (7 if note else 0), n.STATE_INK, width)]
    if note:
        said.append(_centred(VOIDED_NOTE, n.VOIDED_NOTE, middle + 13, n.STATE_NOTE_INK, width))
    return _card(content.style, greyed(colours.ground), [*grey, *cover, *said])


def _cover(place: CodePlace) -> list[str]:
    """The box of a code that must not be read: a code of the same kind, blurred, under a veil."""
    return [
        f'<filter id="{OWN}blur" x="0" y="0" width="1" height="1">'
        f'<feGaussianBlur stdDeviation="{number(n.COVER_BLUR)}"/></filter>',
        _box(place, n.WHITE),
        f'<g filter="url(#{OWN}blur)">{_drawn(place, COVERED_MESSAGE)}</g>',
        _box(place, n.WHITE, n.COVER_STRENGTH),
    ]


def _bottom_band() -> str:
    top = n.CODE_BOTTOM - n.BAND.height
    return rectangle(n.BAND.x, top, n.BAND.width, n.BAND.height, n.WHITE, n.BAND_RADIUS, n.BAND_STRENGTH)
