"""What the v2 documents print of Toy Town, and how an answer is compared with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

SHAPES = (
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    re.compile(r"http://[^/]+/[A-Za-z0-9_-]{10}/[A-Za-z0-9_-]{22}(\.pkpass)?"),
    re.compile(r"http://[^/]+/[A-Za-z0-9_-]{10}"),
)
"""Ids, times and addresses are others than the printed ones, but look like them."""

CAMPAIGN: dict[str, Any] = {
    "id": "19a8ca5f-5eb0-4ff6-a7b2-f5a865ad8451",
    "name": "Toy Town Generic Passes!",
    "template_id": "b2651552-5abb-4ff2-b701-d74cd000784f",
    "organization_name": "your company",
    "barcode": {"format": "pdf417", "message": "", "alt_text": ""},
    "allow_multiple_redeems": False,
    "header_fields": [],
    "primary_fields": [{"key": "member", "value": None, "label": None}],
    "secondary_fields": [{"key": "subtitle", "value": None, "label": "MEMBER SINCE"}],
    "auxiliary_fields": [
        {"key": "level", "value": None, "label": "LEVEL"},
        {"key": "favorite", "value": None, "label": "FAVORITE TOY"},
    ],
    "back_fields": [],
    "locations": [],
    "beacons": [],
    "user_info": {},
    "page_url": "http://get.passworks.io/ahStMTeuCw",
    "gwallet_usage": False,
    "gwallet_status": None,
    "gwallet_message": None,
    "created_at": "2015-03-31T17:27:48Z",
    "updated_at": "2015-03-31T17:27:50Z",
}
UPDATED_CAMPAIGN: dict[str, Any] = {
    **{name: value for name, value in CAMPAIGN.items() if not name.startswith("gwallet_")},
    "name": "Toy Town Generic Passes",
    "barcode": {"format": "qrcode", "message": "", "alt_text": ""},
    "primary_fields": [{"key": "member", "value": "Johnny Appleseed", "label": None}],
    "secondary_fields": [{"key": "subtitle", "value": "2012", "label": "MEMBER SINCE"}],
    "auxiliary_fields": [
        {"key": "level", "value": "Platinum", "label": "LEVEL"},
        {"key": "favorite", "value": "Trucks", "label": "FAVORITE TOY"},
    ],
}
OF_ANOTHER_CAMPAIGN = [
    "name",
    "barcode.format",
    "primary_fields.0.value",
    "secondary_fields.0.value",
    "auxiliary_fields.0.value",
    "auxiliary_fields.1.value",
]
"""The printed answer to the update is not that of the campaign that was created before."""

JOHNNY: dict[str, Any] = {
    "id": "ee84e7a7-4cdc-47d6-aa82-8a1de1879380",
    "campaign_id": "5b6168a3-0611-4948-91a4-91f5de730bc3",
    "voided": False,
    "serial_number": "e1d2a302-e8e1-4762-b303-4f2326e6e2cb",
    "redeem_code": "0000001",
    "redeemed_count": 0,
    "barcode": {"format": "qrcode", "message": "0000001", "alt_text": "0000001"},
    "expiration_date": None,
    "max_distance": None,
    "relevant_date": None,
    "header_fields": [],
    "primary_fields": [{"key": "member", "value": "Johnny Appleseed", "label": None}],
    "secondary_fields": [{"key": "subtitle", "value": "2012", "label": "MEMBER SINCE"}],
    "auxiliary_fields": [
        {"key": "level", "value": "Platinum", "label": "LEVEL"},
        {"key": "favorite", "value": "Trucks", "label": "FAVORITE TOY"},
    ],
    "back_fields": [],
    "locations": [],
    "beacons": [],
    "user_info": {},
    "page_url": "http://get.passworks.io/IGYIYEydVw/rzhfuD9mTdiAbGp14PGUoA",
    "pkpass_url": "http://get.passworks.io/IGYIYEydVw/rzhfuD9mTdiAbGp14PGUoA.pkpass",
    "created_at": "2015-03-31T17:33:28Z",
    "updated_at": "2015-03-31T17:33:28Z",
}
JOHNNY_WITH_AIRPLANES: dict[str, Any] = {
    **JOHNNY,
    "auxiliary_fields": [
        {"key": "level", "value": "Platinum", "label": "LEVEL"},
        {"key": "favorite", "value": "Airplanes", "label": "FAVORITE TOY"},
    ],
}
OF_ANOTHER_CODE = ["barcode.format"]
"""The campaign was created with pdf417, and its pass is printed with qrcode."""

IN_TRAFFIC = (
    *("id", "name", "template_id", "certificate_id", "organization_name"),
    *("gwallet_usage", "gwallet_status", "gwallet_message", "barcode", "barcodes", "allow_multiple_redeems"),
    *("header_fields", "primary_fields", "secondary_fields", "auxiliary_fields", "back_fields"),
    *("locations", "beacons", "expiration_date", "code_type", "code_fixed_value", "render_on_short_url"),
    *("redeem_count", "remote_form_url", "og", "og_description", "javascript", "stylesheet"),
    *("created_at", "updated_at"),
)
"""The attributes of a campaign in the order in which the vendor's printed traffic has them."""


def differing(printed: Any, shown: Any, place: str = "") -> list[str]:
    """Where an answer is not what is printed. What it has beside that is its own affair."""
    return list(differences(printed, shown, place))


def differences(printed: Any, shown: Any, place: str) -> Iterator[str]:
    if isinstance(printed, dict) and isinstance(shown, dict):
        for name, each in printed.items():
            yield from differences(each, shown.get(name, Ellipsis), f"{place}.{name}".lstrip("."))
    elif isinstance(printed, list) and isinstance(shown, list) and len(printed) == len(shown):
        for number, each in enumerate(printed):
            yield from differences(each, shown[number], f"{place}.{number}")
    elif not alike(printed, shown):
        yield place


def alike(printed: Any, shown: Any) -> bool:
    if isinstance(printed, str) and isinstance(shown, str):
        shape = next((shape for shape in SHAPES if shape.fullmatch(printed)), None)
        return bool(shape.fullmatch(shown.replace("/p/", "/", 1))) if shape else printed == shown
    return type(printed) is type(shown) and bool(printed == shown)
