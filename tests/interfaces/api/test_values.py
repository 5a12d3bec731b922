"""How attributes are read: strict about types, tolerant where the contract says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec import UNSET

from passwright.operations.refusals import ValidationFailed
from passwright.passes.codes import UnformattedBarcode
from passwright.passes.content import AltTextType, Barcode, BarcodeFormat
from passwright.payloads.values import Sent

ID = "b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1"


@pytest.mark.parametrize(
    "reader", ["text", "boolean", "integer", "number", "uuid", "color", "moment", "url", "mapping"]
)
def test_what_is_not_sent_is_unset_and_null_is_none(reader: str) -> None:
    assert getattr(Sent({}), reader)("a") is UNSET
    assert getattr(Sent({"a": None}), reader)("a") is None


@pytest.mark.parametrize(
    ("reader", "sent", "value"),
    [
        ("text", "x", "x"),
        ("text", 5, "5"),
        ("text", 2.5, "2.5"),
        ("text", 0.00001, "0.00001"),
        ("text", -1.5e-7, "-0.00000015"),
        ("text", 1e22, "10000000000000000000000"),
        ("text", "", ""),
        *((reader, "  ", None) for reader in ("boolean", "integer", "number", "uuid", "color", "moment", "url")),
        *((reader, "", None) for reader in ("boolean", "integer", "number")),
        ("boolean", True, True),
        ("boolean", "false", False),
        ("boolean", " TRUE ", True),
        ("boolean", 1, True),
        ("boolean", "0", False),
        ("integer", 5, 5),
        ("integer", "5", 5),
        ("integer", 0.0, 0),
        ("integer", "7.0", 7),
        ("number", "38.7", 38.7),
        ("number", "-9.1", -9.1),
        ("number", 3, 3),
        ("uuid", ID, UUID(ID)),
        ("uuid", ID.upper(), UUID(ID)),
        ("uuid", "", None),
        ("color", "#AbC", "#AbC"),
        ("color", "", None),
        ("moment", "2027-01-31T18:30:00Z", datetime(2027, 1, 31, 18, 30, tzinfo=UTC)),
        ("moment", "2027-01-31T18:30:00.000+02:00", datetime(2027, 1, 31, 16, 30, tzinfo=UTC)),
        ("moment", "2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("moment", "", None),
        *(
            ("moment", written, datetime(2016, 8, 9, 14, 30, 54, tzinfo=UTC))
            for written in (
                "2016-08-09 14:30:54 UTC",
                "2016-08-09 14:30:54 GMT",
                "2016-08-09 14:30:54 +0000",
                "2016-08-09 16:30:54 +02:00",
                "2016-08-09T16:30:54 02:00",
                "2016/08/09 14:30:54 +0000",
                "Tue, 09 Aug 2016 14:30:54 +0000",
                "Tue, 09 Aug 2016 14:30:54 GMT",
                "9 Aug 2016 10:30:54 -0400",
                "Tue, 09 Aug 2016 14:30:54 -0000",
            )
        ),
        ("moment", "2016-08-09 14:30", datetime(2016, 8, 9, 14, 30, tzinfo=UTC)),
        ("url", "https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("url", "", None),
        ("mapping", [], {}),
        ("mapping", {"a": [1]}, {"a": [1]}),
    ],
)
def test_what_is_understood(reader: str, sent: Any, value: Any) -> None:
    given = Sent({"a": sent})
    read = getattr(given, reader)("a")
    assert (read, type(read)) == (value, type(value))
    given.check()


@pytest.mark.parametrize(
    ("reader", "sent"),
    [
        *(("text", wrong) for wrong in (True, [], {}, "x" * 65_536)),
        *(("boolean", wrong) for wrong in ("yes", 2, 1.0, [])),
        *(("integer", wrong) for wrong in ("x", 1.5, -1, 2**31, True, "1e3", "٣")),
        *(("number", wrong) for wrong in ("x", "1,5", "nan", "inf", "9" * 50, False, [])),
        *(("uuid", wrong) for wrong in ("x", 5, [], ID + "0", {"a": 1}, f"{{{ID}}}", f"urn:uuid:{ID}")),
        *(("color", wrong) for wrong in ("#12", "#12345", "123456", "#gggggg", 5 * "#fff")),
        *(
            ("moment", wrong)
            for wrong in ("soon", 5, "2027-02-30", "0001-01-01T00:00:00+14:00", [], "9999-12-31T23:59-14:00")
        ),
        *(
            ("url", wrong)
            for wrong in ("ftp://a", "javascript:alert(1)", "http://", "https://a b", "//a", "http://a:99999")
        ),
        *(("mapping", wrong) for wrong in ("x", 1, [1], True)),
    ],
)
def test_what_is_refused_by_name(reader: str, sent: Any) -> None:
    given = Sent({"a": sent})
    assert getattr(given, reader)("a") is UNSET
    with pytest.raises(ValidationFailed) as refused:
        given.check()
    assert list(refused.value.errors) == ["a"]


def test_a_time_without_a_zone_is_read_in_the_given_one() -> None:
    lisbon = ZoneInfo("Europe/Lisbon")
    assert Sent({"a": "2027-07-01T12:00"}).moment("a", zone=lisbon) == datetime(2027, 7, 1, 11, tzinfo=UTC)


def test_numbers_have_bounds() -> None:
    given = Sent({"latitude": 91, "longitude": "-181"})
    given.number("latitude", least=-90, most=90)
    given.number("longitude", least=-180, most=180)
    assert given.errors == {
        "latitude": ["must be between -90 and 90"],
        "longitude": ["must be between -180 and 180"],
    }


def test_objects_in_lists_have_their_own_place() -> None:
    given = Sent({"locations": [{"latitude": 1}, {"latitude": "x"}, []]})
    items = given.objects("locations")
    assert isinstance(items, list)
    for item in items:
        item.require("latitude")
        item.number("latitude")
    assert given.errors == {
        "locations[1].latitude": ["must be a number"],
        "locations[2].latitude": ["can't be blank"],
    }


@pytest.mark.parametrize("value", ["x", 1, {"a": 1}, [1], [None], [[1]]])
def test_a_list_of_something_else_is_refused(value: Any) -> None:
    given = Sent({"a": value})
    assert given.objects("a") is UNSET
    assert given.errors == {"a": ["must be a list of objects"]}


def test_a_list_may_be_too_long() -> None:
    given = Sent({"a": [{}] * 11})
    assert given.objects("a", most=10) is UNSET
    assert given.errors == {"a": ["can have at most 10 items"]}


def test_a_barcode_decides_nothing_that_was_not_said() -> None:
    sent = {"format": "aztec", "message": "", "alt_text": "a", "alt_text_type": "custom"}
    expected = Barcode(format=BarcodeFormat.AZTEC, alt_text="a", alt_text_type=AltTextType.CUSTOM)
    assert Sent({"barcode": sent}).barcode() == expected
    assert Sent({"barcode": {}}).barcode() == UnformattedBarcode()
    assert Sent({"barcode": {"format": "", "message": "M"}}).barcode() == UnformattedBarcode(message="M")
    assert Sent({"barcode": None}).barcode() is None
    assert Sent({"barcode": "pdf417"}).barcode(bare=True) == Barcode(format=BarcodeFormat.PDF417)


def test_one_reason_is_said_once() -> None:
    given = Sent({})
    given.require("name")
    given.require("name")
    assert given.errors == {"name": ["can't be blank"]}
