"""Codes: the sequence that numbers passes, and what a phone shows for a reader to scan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from passwright.passes.content import (
    AltTextType,
    Barcode,
    BarcodeFormat,
    CodeType,
    Field,
    Overrides,
    Revision,
    ShownBarcode,
)

NO_BARCODE = Barcode(format=BarcodeFormat.NONE)


class UnformattedBarcode(Struct, frozen=True, kw_only=True):
    """A code that somebody asks for without a format: it keeps that of the code whose place it takes."""

    message: str | None = None
    alt_text: str | None = None
    alt_text_type: AltTextType = AltTextType.MIRROR

    def with_format(self, format_: BarcodeFormat) -> Barcode:
        return Barcode(format=format_, message=self.message, alt_text=self.alt_text, alt_text_type=self.alt_text_type)


AskedBarcode = Barcode | UnformattedBarcode


def formatted(asked: AskedBarcode, current: Barcode | None) -> Barcode:
    """The code with its format: its own, else that of ``current``, else ``qrcode``; who asks for a code wants one."""
    if isinstance(asked, Barcode):
        return asked
    shown = current is not None and current.format is not BarcodeFormat.NONE
    return asked.with_format(current.format if current and shown else BarcodeFormat.QRCODE)


def sequential_code(number: int, width: int) -> str:
    """The code of the ``number``-th pass: zero-padded to ``width`` digits, longer when the number is."""
    return f"{number:0{width}d}"


def normalized_code(text: str, width: int) -> str:
    """The spelling under which a sequential code is kept, however many leading zeros somebody typed or scanned.

    What is not made of digits alone stays as it is.
    """
    if not (text.isascii() and text.isdigit()):
        return text
    return text.lstrip("0").zfill(width)


def digest_of(message: str) -> bytes:
    """SHA-256, under which the message of a pass's own code is kept: however long it is, an index holds it."""
    return hashlib.sha256(message.encode()).digest()


def shown_barcodes(
    revision: Revision, overrides: Overrides, redeem_code: str, fields: Iterable[Field]
) -> tuple[ShownBarcode, ...]:
    """Everything about the codes of a pass decided; the first is the effective one.

    The pass's own codes rule over the campaign's ``barcodes``, these over its ``barcode``; without any, none is
    shown. ``fields`` are those the pass shows: one of them may give the message.
    """
    own = overrides.barcodes.barcodes if overrides.barcodes else ()
    ruling = first_message(own) or ruling_message(revision, fields)
    if own:
        common = ruling or campaign_message(revision) or redeem_code
        return tuple(resolved(barcode, barcode.message or common) for barcode in own)
    asked = revision.barcodes or (revision.barcode or NO_BARCODE,)
    common = campaign_message(revision) or redeem_code
    return tuple(resolved(barcode, ruling or barcode.message or common) for barcode in asked)


def ruling_message(revision: Revision, fields: Iterable[Field]) -> str | None:
    """What a pass's codes say rather than what the campaign's codes bring: a field's value, or the fixed code."""
    used = next((field.value for field in fields if field.use_as_barcode and field.value), None)
    return used or (revision.code_fixed_value if revision.code_type is CodeType.FIXED else None)


def campaign_message(revision: Revision) -> str | None:
    """All formats of a pass are to say the same: a code that brings no message takes that of its siblings."""
    return first_message(revision.barcodes) or first_message((revision.barcode,) if revision.barcode else ())


def first_message(barcodes: Sequence[Barcode]) -> str | None:
    return next((barcode.message for barcode in barcodes if barcode.message), None)


def resolved(barcode: Barcode, message: str) -> ShownBarcode:
    if barcode.format is BarcodeFormat.NONE:
        return ShownBarcode(format=barcode.format, message="", alt_text="", alt_text_type=barcode.alt_text_type)
    return ShownBarcode(
        format=barcode.format,
        message=message,
        alt_text=shown_alt_text(barcode, message),
        alt_text_type=barcode.alt_text_type,
    )


def shown_alt_text(barcode: Barcode, message: str) -> str:
    """The text under the code: its own, else the message where it mirrors; nothing where nothing is wanted."""
    if barcode.alt_text_type is AltTextType.NONE:
        return ""
    return barcode.alt_text or (message if barcode.alt_text_type is AltTextType.MIRROR else "")
