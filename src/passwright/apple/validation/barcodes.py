"""Barcodes: their shape in JSON, and whether their message can be drawn."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from passwright.apple.pass_json import LEGACY_BARCODE_FORMATS, BarcodeFormat
from passwright.apple.validation.document import Document, mapping
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.shapes import list_of, object_of, one_of, text

rule = rules_about("Barcodes")

BARCODES_NOT_A_LIST = rule(
    "barcodes_not_a_list",
    Severity.REFUSED,
    "barcodes is an object, as a sample in Apple's documents shows it by mistake. Phones expect a list.",
    "Put the object into square brackets.",
)
ENCODING_UNKNOWN = rule(
    "barcode_encoding_unknown",
    Severity.REFUSED,
    "messageEncoding is “{value}”, which is no character set of the IANA list.",
    "Write iso-8859-1, or utf-8 for text beyond Latin letters.",
)
NOT_ENCODABLE = rule(
    "barcode_not_encodable",
    Severity.REFUSED,
    "The message has “{character}”, which cannot be written in {encoding}.",
    "Set messageEncoding to utf-8, or remove the character.",
)
ENCODING_FOR_SCANNERS = rule(
    "barcode_encoding_for_scanners",
    Severity.ADVICE,
    "The message is written in {encoding}; most scanners expect iso-8859-1, which can write it as well.",
    "Set messageEncoding to iso-8859-1, unless the scanners are known to read {encoding}.",
)
MESSAGE_EMPTY = rule(
    "barcode_message_empty",
    Severity.HIDDEN,
    "The message of the barcode is empty, so no code is drawn.",
    "Write a message, or remove the barcode.",
)
MESSAGE_FORM = rule(
    "barcode_message_form",
    Severity.HIDDEN,
    "“{message}” cannot be drawn as {format}: {reason}.",
    "Change the message, or use PKBarcodeFormatQR.",
)
MESSAGE_LONG = rule(
    "barcode_message_long",
    Severity.HIDDEN,
    "The message has {count} bytes; {format} holds at most {limit}.",
    "Shorten the message, for example to an identifier that the scanner looks up.",
)
NEEDS_IOS_27 = rule(
    "barcode_needs_ios_27",
    Severity.HIDDEN,
    "Systems before iOS 27 draw none of the codes; {format} is new there.",
    "Add a QR or Code 128 behind it in barcodes.",
)
ONLY_DEPRECATED = rule(
    "barcode_deprecated_alone",
    Severity.ADVICE,
    "Only the key barcode is given, which Apple replaced by barcodes in iOS 9.",
    "Write the same object into the list barcodes as well.",
)
NOT_ON_WATCH = rule(
    "barcode_not_on_watch",
    Severity.ADVICE,
    "Code 128 is not drawn on an Apple Watch, and there is no other code.",
    "Add a QR behind it in barcodes, if scanners read both.",
)

OLD_FORMATS = (*(format for format in BarcodeFormat if format in LEGACY_BARCODE_FORMATS), BarcodeFormat.CODE_128)
NEW_FORMATS = tuple(format for format in BarcodeFormat if format not in OLD_FORMATS)
CAPACITY = {"PKBarcodeFormatQR": 2953, "PKBarcodeFormatPDF417": 1108, "PKBarcodeFormatAztec": 1914}
"""Most bytes of the largest symbol at the lowest level of correction (ISO/IEC 18004, 15438, 24778)."""

ALPHABETS = {
    "PKBarcodeFormatCode128": (re.compile(r"[\x00-\x7f]*"), "it has characters beyond ASCII"),
    "PKBarcodeFormatCode39": (re.compile(r"[0-9A-Z \-.$/+%]*"), "it has more than capital letters, digits and -.$/+%"),
    "PKBarcodeFormatCodabar": (
        re.compile(r"[A-D]?[0-9\-$:/.+]+[A-D]?", re.IGNORECASE),
        "it has more than digits and -$:/.+ between its start and stop letters",
    ),
    "PKBarcodeFormatI2of5": (re.compile(r"(?:[0-9]{2})*"), "it is not an even number of digits"),
    "PKBarcodeFormatEAN13": (re.compile(r"[0-9]{12,13}"), "it is not 12 or 13 digits"),
}
CHARACTER_SETS = re.compile(
    r"(?:iso-8859-\d+|iso-2022-\w+|utf-(?:8|16|32)(?:be|le)?|us-ascii|ascii|latin1|windows-\d+|cp\d+|ibm\d+|shift_jis"
    r"|euc-\w+|gb2312|gbk|gb18030|big5(?:-hkscs)?|koi8-\w|macintosh|hz-gb-2312|tis-620)",
    re.IGNORECASE | re.ASCII,
)

BARCODE = object_of(
    {
        "format": one_of((*OLD_FORMATS, *NEW_FORMATS)),
        "message": text,
        "messageEncoding": text,
        "altText": text,
    },
    required=("format", "message", "messageEncoding"),
)


def barcode_list(value: Any, path: str) -> Iterator[Issue]:
    if isinstance(value, dict):
        yield BARCODES_NOT_A_LIST.at(path)
    else:
        yield from list_of(BARCODE)(value, path)


def check_messages(document: Document) -> Iterator[Issue]:
    for path, code in all_codes(document):
        message, encoding = code.get("message"), code.get("messageEncoding")
        if message == "":
            yield MESSAGE_EMPTY.at(f"{path}/message")
        elif isinstance(message, str):
            yield from form_issues(str(code.get("format")), message, path)
        if isinstance(encoding, str):
            yield from encoding_issues(code, encoding, path)


def all_codes(document: Document) -> tuple[tuple[str, dict[str, Any]], ...]:
    return (*document.barcodes, (document.path("barcode"), mapping(document.keys.get("barcode"))))


def form_issues(format: str, message: str, path: str) -> Iterator[Issue]:
    alphabet, reason = ALPHABETS.get(format, (None, ""))
    if alphabet is not None and not alphabet.fullmatch(message):
        yield MESSAGE_FORM.at(f"{path}/message", message=message, format=format, reason=reason)
    elif format == "PKBarcodeFormatEAN13" and len(message) == 13 and not has_check_digit(message):
        yield MESSAGE_FORM.at(f"{path}/message", message=message, format=format, reason="its check digit is another")


def has_check_digit(digits: str) -> bool:
    """Weights 1 and 3 in turn sum to a multiple of ten (GS1 General Specifications 7.9)."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def encoding_issues(code: dict[str, Any], encoding: str, path: str) -> Iterator[Issue]:
    message, format = code.get("message"), code.get("format")
    if not is_character_set(encoding):
        yield ENCODING_UNKNOWN.at(f"{path}/messageEncoding", value=encoding)
    elif isinstance(message, str):
        try:
            size = len(message.encode(encoding))
        except UnicodeError:
            yield NOT_ENCODABLE.at(f"{path}/message", character=first_lost(message, encoding), encoding=encoding)
            return
        if is_latin(message) and not is_latin_encoding(encoding, message):
            yield ENCODING_FOR_SCANNERS.at(f"{path}/messageEncoding", encoding=encoding)
        if isinstance(format, str) and size > (limit := CAPACITY.get(format, size)):
            yield MESSAGE_LONG.at(f"{path}/message", count=size, format=format, limit=limit)


def is_character_set(encoding: str) -> bool:
    """Among the names Python knows are codecs that are no character sets, such as rot13 and idna."""
    try:
        return bool(CHARACTER_SETS.fullmatch(encoding) and codecs.lookup(encoding))
    except LookupError:
        return False


def is_latin(message: str) -> bool:
    return all(character <= "\xff" for character in message)


def is_latin_encoding(encoding: str, message: str) -> bool:
    """Whether a scanner that expects ISO 8859-1 reads the same text, as it does for ASCII in most encodings."""
    return message.encode(encoding) == message.encode("iso-8859-1")


def first_lost(message: str, encoding: str) -> str:
    for character in message:
        try:
            character.encode(encoding)
        except UnicodeError:
            return character
    return message


def check_choice(document: Document) -> Iterator[Issue]:
    """Whether every system finds a code it can draw."""
    formats = [code.get("format") for _, code in document.barcodes]
    older = mapping(document.keys.get("barcode")).get("format")
    if formats and all(format in NEW_FORMATS for format in formats):
        if older not in OLD_FORMATS:
            yield NEEDS_IOS_27.at(document.path("barcodes"), format=formats[0])
    elif formats and all(format == "PKBarcodeFormatCode128" for format in formats):
        yield NOT_ON_WATCH.at(document.path("barcodes"))
    if isinstance(document.keys.get("barcode"), dict) and "barcodes" not in document.keys:
        yield ONLY_DEPRECATED.at(document.path("barcode"))


CHECKS = (check_messages, check_choice)
