"""What a lock screen says, as tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from passwright.apple.field_text import field_text
from passwright.apple.lock_screen import GENERAL, Kind, lock_screen

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def card(
    *fields: dict[str, Any], group: str = "auxiliaryFields", style: str = "generic", **keys: Any
) -> dict[str, Any]:
    return {"organizationName": "Toy Town", style: {group: list(fields)}, **keys}


def toy(
    value: object, message: str | None = "Favourite toy is now %@", key: str = "toy", **more: Any
) -> dict[str, Any]:
    return {"key": key, "value": value, **({} if message is None else {"changeMessage": message}), **more}


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ([toy("Trucks")], [toy("Airplanes")], "Favourite toy is now Airplanes"),
        ([toy("Trucks")], [toy("Trucks")], ""),
        ([toy("Trucks", None)], [toy("Airplanes", None)], ""),
        ([toy("Trucks", None)], [toy("Airplanes", "New: %@")], "New: Airplanes"),
        ([toy("Trucks", "Old: %@")], [toy("Airplanes", "New: %@")], "New: Airplanes"),
        ([toy("Trucks", "Old: %@")], [toy("Trucks", "New: %@")], ""),
        ([toy("Trucks")], [toy("Airplanes", key="other")], ""),
        ([], [toy("Airplanes")], ""),
        ([toy("Trucks")], [], ""),
        ([toy("Trucks", label="TOY")], [toy("Trucks", label="FAVOURITE")], ""),
        ([toy("a"), toy("b", key="b")], [toy("x"), toy("y", key="b")], GENERAL),
        ([toy("a"), toy("b", None, key="b")], [toy("x"), toy("y", None, key="b")], "Favourite toy is now x"),
        ([toy("a"), toy("b", "%d", key="b")], [toy("x"), toy("y", "%d", key="b")], "Favourite toy is now x"),
        ([toy("a", "%@")], [toy("", "%@")], ""),
        ([toy("12")], [toy(12)], "Favourite toy is now 12"),
        ([toy(12)], [toy(12.0)], ""),
        ([toy("a", "%@")], [toy("100% %@ sure", "%@")], "100% %@ sure"),
    ],
)
def test_one_speaks_several_are_summed_up_none_is_silent(
    before: list[dict[str, Any]], after: list[dict[str, Any]], text: str
) -> None:
    shown = lock_screen(card(*before), card(*after), at=AT)
    assert shown.text == text


def test_an_empty_value_is_still_a_change_that_is_shown() -> None:
    shown = lock_screen(card(toy("a", "%@")), card(toy("", "%@")), at=AT)
    assert (shown.kind, shown.title) == (Kind.MESSAGE, "Toy Town")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("%@", "Airplanes"),
        ("Now: %@!", "Now: Airplanes!"),
        ("%@ at 100%%", "Airplanes at 100%"),
        ("%%@ %@", "%@ Airplanes"),
        ("%%%@", "%Airplanes"),
        ("changed", ""),
        ("", ""),
        ("%@ and %@", ""),
        ("%1$@", ""),
        ("%d", ""),
        ("%@ 50% off", ""),
        ("50%", ""),
        ("%@%", ""),
        ("%%@", ""),
        (7, ""),
    ],
)
def test_which_messages_count(message: Any, text: str) -> None:
    shown = lock_screen(card(toy("Trucks", message)), card(toy("Airplanes", message)), at=AT)
    assert shown.text == text
    assert shown.changed == ("toy",)
    assert bool(shown) == bool(text)


@pytest.mark.parametrize("group", ["headerFields", "primaryFields", "secondaryFields", "backFields", "footerFields"])
@pytest.mark.parametrize("style", ["storeCard", "eventTicket", "posterGeneric"])
def test_every_list_of_every_layout_speaks(group: str, style: str) -> None:
    before, after = (card(toy(value), group=group, style=style) for value in ("Trucks", "Airplanes"))
    assert lock_screen(before, after, at=AT).text == "Favourite toy is now Airplanes"


def test_all_else_is_silent() -> None:
    before = card(
        toy("Trucks"), barcodes=[{"message": "1"}], voided=False, logoText="Toys", backgroundColor="rgb(0,0,0)"
    )
    after = card(toy("Trucks"), barcodes=[{"message": "2"}], voided=True, logoText="Town", backgroundColor="rgb(1,1,1)")
    shown = lock_screen(before, after, at=AT)
    assert (shown.kind, shown.title, shown.text, shown.changed) == (Kind.SILENCE, "", "", ())


def test_bytes_and_objects_are_read_alike_and_the_title_is_the_new_one() -> None:
    before = json.dumps(card(toy("Trucks"))).encode()
    after = json.dumps({**card(toy("Airplanes")), "organizationName": "Toy City"}).encode()
    assert lock_screen(before, after, at=AT).title == "Toy City"


@pytest.mark.parametrize("broken", [b"", b"[]", b"{", b'{"generic": 7}', b'{"generic": {"backFields": [7, {}]}}'])
def test_what_is_no_pass_says_nothing(broken: bytes) -> None:
    assert not lock_screen(broken, card(toy("Airplanes")), at=AT)
    assert not lock_screen(card(toy("Airplanes")), broken, at=AT)


def test_in_the_phone_s_language() -> None:
    words = {"Favourite toy is now %@": "Lieblingsspielzeug: %@", "Airplanes": "Flugzeuge", "Toy Town": "Spielstadt"}
    shown = lock_screen(card(toy("Trucks")), card(toy("Airplanes")), at=AT, translations=words)
    assert (shown.title, shown.text) == ("Spielstadt", "Lieblingsspielzeug: Flugzeuge")


def test_a_date_written_otherwise_is_the_same_date() -> None:
    style = {"dateStyle": "PKDateStyleMedium"}
    before = card(toy("2026-11-22T10:00Z", **style))
    assert not lock_screen(before, card(toy("2026-11-22T11:00:00+01:00", **style)), at=AT)
    later = lock_screen(before, card(toy("2026-11-23T10:00Z", **style)), at=AT)
    assert later.text == "Favourite toy is now 23 Nov 2026"


FULL = {"dateStyle": "PKDateStyleFull", "timeStyle": "PKDateStyleMedium"}
NEAR = {"dateStyle": "PKDateStyleShort", "timeStyle": "PKDateStyleShort", "isRelative": True}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ({"value": "as it is"}, "as it is"),
        ({"value": 1250}, "1250"),
        ({"value": 1250.5, "numberStyle": "PKNumberStyleDecimal"}, "1,250.5"),
        ({"value": 1000, "numberStyle": "PKNumberStyleDecimal"}, "1,000"),
        ({"value": 0.123456, "numberStyle": "PKNumberStyleDecimal"}, "0.123"),
        ({"value": 0.25, "numberStyle": "PKNumberStylePercent"}, "25%"),
        ({"value": 1250, "numberStyle": "PKNumberStyleScientific"}, "1.25E3"),
        ({"value": 42, "numberStyle": "PKNumberStyleSpellOut"}, "forty-two"),
        ({"value": -1000021.5, "numberStyle": "PKNumberStyleSpellOut"}, "minus one million twenty-one point five"),
        ({"value": 10**15, "numberStyle": "PKNumberStyleSpellOut"}, "1,000,000,000,000,000"),
        ({"value": "1250", "numberStyle": "PKNumberStyleDecimal"}, "1250"),
        ({"value": 12.4, "currencyCode": "EUR"}, "€12.40"),
        ({"value": -1234.5, "currencyCode": "USD"}, "-$1,234.50"),
        ({"value": 1200, "currencyCode": "jpy"}, "¥1,200"),
        ({"value": 12.4, "currencyCode": "CHF"}, "CHF 12.40"),
        ({"value": "12.4", "currencyCode": "EUR"}, "12.4"),
        ({"value": float("inf"), "currencyCode": "EUR"}, "inf"),
        ({"value": True, "currencyCode": "EUR"}, "True"),
        ({"value": "2026-11-22T18:30:05Z", **FULL}, "Sunday 22 November 2026, 19:30:05"),
        ({"value": "2026-11-22T18:30:05Z", "ignoresTimeZone": True, **FULL}, "Sunday 22 November 2026, 18:30:05"),
        ({"value": "2026-11-22T18:30Z", "dateStyle": "PKDateStyleLong"}, "22 November 2026"),
        ({"value": "2026-11-22T18:30Z", "timeStyle": "PKDateStyleShort"}, "19:30"),
        ({"value": "2026-11-22T18:30Z", **NEAR}, "Today, 19:30"),
        ({"value": "2026-11-22T23:30Z", **NEAR}, "Tomorrow, 00:30"),
        ({"value": "2026-11-21T18:30Z", **NEAR}, "Yesterday, 19:30"),
        ({"value": "2026-11-30T18:30Z", **NEAR}, "30/11/2026, 19:30"),
        ({"value": "2026-11-22", "dateStyle": "PKDateStyleLong"}, "2026-11-22"),
        ({"value": "2026-13-22T18:30Z", "dateStyle": "PKDateStyleLong"}, "2026-13-22T18:30Z"),
        ({"value": 7, "dateStyle": "PKDateStyleLong"}, "7"),
    ],
)
def test_values_in_words(field: dict[str, Any], text: str) -> None:
    assert field_text(field, at=AT, zone=timezone(timedelta(hours=1))) == text
