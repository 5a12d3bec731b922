"""Fields: what an entry of a field list may hold, and how many of them a phone shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from passwright.apple.fields import DataDetectorType, DateStyle, NumberStyle, TextAlignment, TransitType
from passwright.apple.styles import LIMITS, Group, StyleKey
from passwright.apple.validation import semantic_tags, shapes
from passwright.apple.validation.document import (
    BACK_GROUPS,
    GROUPS,
    POSTER_GENERIC,
    Document,
    PassField,
    sequence,
)
from passwright.apple.validation.issue import Issue, Rule, Severity, rules_about
from passwright.apple.validation.shapes import boolean, date, list_of, number, object_of, one_of, text, text_or_number

rule = rules_about("Fields")

FIELD_KEY_MISSING = rule(
    "field_key_missing",
    Severity.REFUSED,
    "A field of {group} has no key.",
    "Give the field a key that no other field of the pass has.",
)
FIELD_VALUE_MISSING = rule(
    "field_value_missing",
    Severity.REFUSED,
    "The field “{key}” has no value.",
    "Give the field a value; an empty text is one.",
)
FIELD_KEY_DUPLICATE = rule(
    "field_key_duplicate",
    Severity.REFUSED,
    "Two fields have the key “{key}”; the other one is {other}.",
    "Give each field of the pass a key of its own.",
)
FIELD_KEY_SHARED = rule(
    "field_key_shared",
    Severity.ADVICE,
    "The key “{key}” is used in posterGeneric and in the older layout. Apple asks for keys unique over the whole pass.",
    "Use another key in one of the layouts.",
)
DATE_STYLE_VALUE = rule(
    "date_style_value",
    Severity.REFUSED,
    "The field “{key}” has a date style, and its value “{value}” is not a complete date with a zone.",
    "Write the value like 2026-11-22T10:00:00Z, or remove dateStyle and timeStyle.",
)
NUMBER_STYLE_VALUE = rule(
    "number_style_value",
    Severity.REFUSED,
    "The field “{key}” has a number style, and its value “{value}” is not a number.",
    "Write the value as a number, without quotes, or remove numberStyle.",
)
CURRENCY_VALUE = rule(
    "currency_value",
    Severity.REFUSED,
    "The field “{key}” has a currency, and its value “{value}” is not a number.",
    "Write the value as a number, without quotes, or remove currencyCode.",
)
CURRENCY_CODE = rule(
    "currency_code_unknown",
    Severity.ADVICE,
    "“{value}” is no currency code of ISO 4217; a phone writes it beside the number as it is.",
    "Use three capital letters such as EUR.",
)
CURRENCY_AND_NUMBER_STYLE = rule(
    "currency_with_number_style",
    Severity.ADVICE,
    "The field “{key}” has both currencyCode and numberStyle; only one of them can count.",
    "Keep currencyCode for money, numberStyle for anything else.",
)
DATE_FLAG_WITHOUT_STYLE = rule(
    "date_flag_without_style",
    Severity.HIDDEN,
    "{flag} of the field “{key}” has no effect without dateStyle or timeStyle.",
    "Add a dateStyle, or remove {flag}.",
)
TEXT_ALIGNMENT_IGNORED = rule(
    "text_alignment_ignored",
    Severity.HIDDEN,
    "textAlignment has no effect on the field “{key}”: phones align {group} by themselves.",
    "Remove textAlignment.",
)
DETECTORS_ON_FRONT = rule(
    "data_detectors_on_front",
    Severity.HIDDEN,
    "dataDetectorTypes has no effect on the field “{key}”: only back fields can be tapped.",
    "Move the field to backFields, or remove dataDetectorTypes.",
)
ATTRIBUTED_ON_FRONT = rule(
    "attributed_value_on_front",
    Severity.HIDDEN,
    "attributedValue of the field “{key}” is not drawn: only back fields show links.",
    "Move the field to backFields, or write its text in value.",
)
ATTRIBUTED_MARKUP = rule(
    "attributed_value_markup",
    Severity.HIDDEN,
    "attributedValue of the field “{key}” has the markup {tag}; phones know <a href='…'> alone.",
    "Keep links and remove all other markup.",
)
ROW_ELSEWHERE = rule(
    "row_elsewhere",
    Severity.HIDDEN,
    "row has no effect on the field “{key}”: only auxiliaryFields of an eventTicket have a second row.",
    "Remove row, or move the field.",
)
ROW_VALUE = rule(
    "row_value",
    Severity.REFUSED,
    "row of the field “{key}” is {value}; there are rows 0 and 1.",
    "Write 0 or 1.",
)
CHANGE_WITHOUT_PLACE = rule(
    "change_message_without_value",
    Severity.HIDDEN,
    "changeMessage of the field “{key}” lacks %@, so a change is not announced with it.",
    "Put %@ where the new value is to stand.",
)
CHANGE_TWICE = rule(
    "change_message_value_twice",
    Severity.HIDDEN,
    "changeMessage of the field “{key}” has %@ more than once, so a change is not announced with it.",
    "Keep one %@.",
)
CHANGE_PERCENT = rule(
    "change_message_percent",
    Severity.HIDDEN,
    "changeMessage of the field “{key}” has “{found}”, so a change is not announced with it.",
    "Write %% for a percent sign.",
)
FIELDS_NOT_FOR_STYLE = rule(
    "fields_not_for_style",
    Severity.HIDDEN,
    "A {style} does not draw {group}.",
    "Move the fields to a list that a {style} draws.",
)
FIELDS_OVERFLOW = rule(
    "fields_overflow",
    Severity.HIDDEN,
    "{group} has {count} fields; a {style} shows {shown}. Not shown: {hidden}.",
    "Move the last fields to backFields.",
)
FIELDS_COMBINED = rule(
    "fields_combined_overflow",
    Severity.HIDDEN,
    "secondaryFields and auxiliaryFields have {count} fields; a {style} has one row of 4. Not shown: {hidden}.",
    "Move the last fields to backFields.",
)
FIELDS_SQUARE_CODE = rule(
    "fields_beside_square_code",
    Severity.CLIPPED,
    "secondaryFields and auxiliaryFields have {count} fields; above a square code there may be room for 4 in all.",
    "Use PDF417 or Code 128, or move fields to backFields.",
)
LINE_BREAK = rule(
    "line_break_on_front",
    Severity.CLIPPED,
    "The value of the field “{key}” has more than one line; the front of a pass shows one line a field.",
    "Write one line, or move the field to backFields.",
)
TRANSIT_TYPE_MISSING = rule(
    "transit_type_missing",
    Severity.REFUSED,
    "boardingPass has no transitType.",
    "Add one of: {words}.",
)
TRANSIT_TYPE_ELSEWHERE = rule(
    "transit_type_elsewhere",
    Severity.HIDDEN,
    "transitType has no effect on a {style}.",
    "Remove transitType, or make the pass a boardingPass.",
)

FIELD = object_of(
    {
        "key": text,
        "value": text_or_number,
        "label": text,
        "attributedValue": text_or_number,
        "changeMessage": text,
        "textAlignment": one_of(tuple(TextAlignment)),
        "dataDetectorTypes": list_of(one_of(tuple(DataDetectorType))),
        "dateStyle": one_of(tuple(DateStyle)),
        "timeStyle": one_of(tuple(DateStyle)),
        "isRelative": boolean,
        "ignoresTimeZone": boolean,
        "numberStyle": one_of(tuple(NumberStyle)),
        "currencyCode": text,
        "row": number,
        "semantics": semantic_tags.tags,
    }
)
STYLE = object_of({**dict.fromkeys(GROUPS, list_of(FIELD)), "transitType": one_of(tuple(TransitType))})

ROW = 4
"""Fields in a row that two lists share, and in each row of an event ticket's auxiliary fields."""

SQUARE_CODES = ("PKBarcodeFormatQR", "PKBarcodeFormatAztec")

CURRENCY_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
    CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
    GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
    LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD
    TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT
    XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL
"""
CURRENCIES = frozenset(CURRENCY_CODES.split())

OTHER_MARKUP = re.compile(r"<(?!/?a[\s>])/?[A-Za-z!][^<>]*>?", re.IGNORECASE)


def check_required(document: Document) -> Iterator[Issue]:
    for field in document.fields():
        if "key" not in field.attributes:
            yield FIELD_KEY_MISSING.at(field.path, group=field.group)
        if "value" not in field.attributes:
            yield FIELD_VALUE_MISSING.at(f"{field.path}/value", key=key_of(field))


def check_unique_keys(document: Document) -> Iterator[Issue]:
    """Over all lists of a layout; a poster may repeat the keys of its older layout, with a word of advice."""
    first: dict[str, PassField] = {}
    for field in document.fields():
        key = field.attributes.get("key")
        if not isinstance(key, str):
            continue
        other = first.setdefault(key, field)
        if other is not field:
            broken = FIELD_KEY_DUPLICATE if other.style == field.style else FIELD_KEY_SHARED
            yield broken.at(f"{field.path}/key", key=key, other=other.path)


def check_values(document: Document) -> Iterator[Issue]:
    """Styles of dates, numbers and money against what they are to format."""
    for field in document.fields():
        if "value" in field.attributes:
            yield from value_issues(document, field)
        yield from currency_issues(field)


def value_issues(document: Document, field: PassField) -> Iterator[Issue]:
    attributes, path = field.attributes, f"{field.path}/value"
    value = attributes["value"]
    if {"dateStyle", "timeStyle"} & attributes.keys() and not is_complete_date(value):
        yield DATE_STYLE_VALUE.at(path, key=key_of(field), value=value)
    if "currencyCode" in attributes and not shapes.is_number(value):
        yield CURRENCY_VALUE.at(path, key=key_of(field), value=value)
    elif "numberStyle" in attributes and not shapes.is_number(value):
        yield NUMBER_STYLE_VALUE.at(path, key=key_of(field), value=value)
    if field.group not in BACK_GROUPS and isinstance(value, str) and has_lines(document.texts(value)):
        yield LINE_BREAK.at(path, key=key_of(field))


def is_complete_date(value: object) -> bool:
    return isinstance(value, str) and not any(issue.severity is Severity.REFUSED for issue in date(value, ""))


def has_lines(texts: tuple[str, ...]) -> bool:
    return any("\n" in text.strip() or "\r" in text.strip() for text in texts)


def currency_issues(field: PassField) -> Iterator[Issue]:
    code = field.attributes.get("currencyCode")
    if isinstance(code, str) and code not in CURRENCIES:
        yield CURRENCY_CODE.at(f"{field.path}/currencyCode", value=code)
    if code is not None and "numberStyle" in field.attributes:
        yield CURRENCY_AND_NUMBER_STYLE.at(f"{field.path}/numberStyle", key=key_of(field))


def check_attributes_without_effect(document: Document) -> Iterator[Issue]:
    for field in document.fields():
        for attribute, broken in without_effect(field):
            path = f"{field.path}/{attribute}"
            yield broken.at(path, key=key_of(field), group=field.group, flag=attribute)


def without_effect(field: PassField) -> Iterator[tuple[str, Rule]]:
    """The attributes of a field that a phone does not look at, where the field stands."""
    has, on_back = field.attributes.keys(), field.group in BACK_GROUPS
    if "textAlignment" in has and field.group in ("primaryFields", "backFields"):
        yield "textAlignment", TEXT_ALIGNMENT_IGNORED
    if "dataDetectorTypes" in has and not on_back:
        yield "dataDetectorTypes", DETECTORS_ON_FRONT
    if "attributedValue" in has and not on_back:
        yield "attributedValue", ATTRIBUTED_ON_FRONT
    if "row" in has and (field.style, field.group) != ("eventTicket", "auxiliaryFields"):
        yield "row", ROW_ELSEWHERE
    for flag in ("isRelative", "ignoresTimeZone"):
        if flag in has and not {"dateStyle", "timeStyle"} & has:
            yield flag, DATE_FLAG_WITHOUT_STYLE


def check_rows(document: Document) -> Iterator[Issue]:
    for field in document.fields():
        row = field.attributes.get("row", 0)
        if shapes.is_number(row) and row not in (0, 1):
            yield ROW_VALUE.at(f"{field.path}/row", key=key_of(field), value=row)


def check_markup(document: Document) -> Iterator[Issue]:
    for field in document.fields():
        value = field.attributes.get("attributedValue")
        for said in document.texts(value) if isinstance(value, str) else ():
            if tag := OTHER_MARKUP.search(said):
                yield ATTRIBUTED_MARKUP.at(f"{field.path}/attributedValue", key=key_of(field), tag=tag[0])
                break


def check_change_messages(document: Document) -> Iterator[Issue]:
    for field in document.fields():
        message = field.attributes.get("changeMessage")
        broken = {issue.code: issue for said in texts_of(document, message) for issue in change_issues(field, said)}
        yield from broken.values()


def texts_of(document: Document, value: object) -> tuple[str, ...]:
    return document.texts(value) if isinstance(value, str) else ()


def change_issues(field: PassField, message: str) -> Iterator[Issue]:
    """One ``%@``, ``%%`` for a percent sign, no other code: anything else and iOS says nothing."""
    codes = re.findall(r"%.?", message, re.DOTALL)
    values, others = codes.count("%@"), [code for code in codes if code not in ("%@", "%%")]
    path, key = f"{field.path}/changeMessage", key_of(field)
    if others:
        yield CHANGE_PERCENT.at(path, key=key, found=others[0])
    if values > 1:
        yield CHANGE_TWICE.at(path, key=key)
    if not values and not others:
        yield CHANGE_WITHOUT_PLACE.at(path, key=key)


def check_transit_type(document: Document) -> Iterator[Issue]:
    if "boardingPass" in document.styles and "transitType" not in boarding(document):
        yield TRANSIT_TYPE_MISSING.at(document.path("boardingPass"), words=tuple(TransitType))
    if document.style != "boardingPass" and "transitType" in document.body:
        yield TRANSIT_TYPE_ELSEWHERE.at(document.path(document.style, "transitType"), style=document.style)


def boarding(document: Document) -> Any:
    found = document.keys.get("boardingPass")
    return found if isinstance(found, dict) else {"transitType": None}


def check_lists_of_style(document: Document) -> Iterator[Issue]:
    """Lists that the style has no place for."""
    for style in (*document.styles, POSTER_GENERIC):
        drawn = drawn_groups(document, style)
        for group in GROUPS:
            if group not in drawn and any(document.fields_of(style, group)):
                yield FIELDS_NOT_FOR_STYLE.at(document.path(style, group), style=style, group=group)


def drawn_groups(document: Document, style: str) -> set[str]:
    if style == POSTER_GENERIC:
        return {"headerFields", "primaryFields", "footerFields", "backFields", "additionalInfoFields"}
    legacy = {"headerFields", "primaryFields", "secondaryFields", "auxiliaryFields", "backFields"}
    return legacy | {"additionalInfoFields"} if style == "eventTicket" and document.is_poster_event else legacy


def check_counts(document: Document) -> Iterator[Issue]:
    for style in (*document.styles, POSTER_GENERIC):
        for group in GROUPS:
            shown, fields = places(style, group), list(document.fields_of(style, group))
            if shown and len(fields) > shown:
                yield overflow(document, fields, shown)


def places(style: str, group: str) -> int | None:
    """How many fields of the list the style draws; None when that is not for this list alone to say."""
    limits = LIMITS[StyleKey(style)]
    if limits.row_shared and group in ("secondaryFields", "auxiliaryFields"):
        return None
    if limits.auxiliary_rows > 1 and group == "auxiliaryFields":
        return None
    return limits.of(Group(group))


def overflow(document: Document, fields: list[PassField], shown: int) -> Issue:
    style, group = fields[0].style, fields[0].group
    path = document.path(style, group)
    return FIELDS_OVERFLOW.at(
        path, group=group, count=len(fields), style=style, shown=shown, hidden=keys_of(fields[shown:])
    )


def check_shared_rows(document: Document) -> Iterator[Issue]:
    """Coupons and store cards draw two lists in one row; a square code takes a generic pass's second row."""
    style = document.style
    if style not in ("coupon", "storeCard", "generic"):
        return
    fields = [*document.fields_of(style, "secondaryFields"), *document.fields_of(style, "auxiliaryFields")]
    if len(fields) <= ROW:
        return
    path = document.path(style, "auxiliaryFields")
    if style != "generic":
        yield FIELDS_COMBINED.at(path, count=len(fields), style=style, hidden=keys_of(fields[ROW:]))
    elif any(code.get("format") in SQUARE_CODES for _, code in document.barcodes[:1]):
        yield FIELDS_SQUARE_CODE.at(path, count=len(fields))


def check_event_rows(document: Document) -> Iterator[Issue]:
    """An event ticket has two rows of auxiliary fields; a field says which one by ``row``."""
    rows: dict[bool, list[PassField]] = {False: [], True: []}
    if "eventTicket" in document.styles:
        for field in document.fields_of("eventTicket", "auxiliaryFields"):
            rows[field.attributes.get("row") == 1].append(field)
    for fields in rows.values():
        if len(fields) > ROW:
            yield overflow(document, fields, ROW)


def key_of(field: PassField) -> str:
    key = field.attributes.get("key")
    return key if isinstance(key, str) else field.path.rsplit("/", 1)[-1]


def keys_of(fields: list[PassField]) -> str:
    return ", ".join(key_of(field) for field in fields)


def check_lists(document: Document) -> Iterator[Issue]:
    """Types, over all layouts."""
    for style in (*document.styles, POSTER_GENERIC):
        if style in document.keys:
            yield from STYLE(document.keys[style], document.path(style))


def back_fields(entries: object, path: str) -> Iterator[Issue]:
    """The field lists that lie outside of a style object."""
    yield from list_of(FIELD)(entries, path)
    for index, entry in enumerate(sequence(entries)):
        if isinstance(entry, dict) and "key" not in entry:
            yield FIELD_KEY_MISSING.at(f"{path}/{index}", group=path.rsplit("/", 1)[-1])


CHECKS = (
    check_lists,
    check_required,
    check_unique_keys,
    check_values,
    check_attributes_without_effect,
    check_rows,
    check_markup,
    check_change_messages,
    check_transit_type,
    check_lists_of_style,
    check_counts,
    check_shared_rows,
    check_event_rows,
)
