"""The five types of campaign with an example each, and what tests do with every one of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.passes.content import Style
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok

every_type = pytest.mark.parametrize("kind", TYPES, ids=[kind.segment for kind in TYPES])

SLOTS = ("icon", "logo", "strip", "thumbnail", "background", "footer")
LISTS = ("header_fields", "primary_fields", "secondary_fields", "auxiliary_fields", "back_fields")

FLIGHT: dict[str, Any] = {
    "name": "Lisbon to Porto",
    "transit_type": "air",
    "foreground_color": "#ffffff",
    "background_color": "#226699",
    "barcode": {"format": "pdf417"},
    "header_fields": [{"key": "gate", "label": "GATE", "value": 23}],
    "primary_fields": [
        {"key": "depart", "label": "LISBON", "value": "LIS"},
        {"key": "arrive", "label": "PORTO", "value": "OPO"},
    ],
    "auxiliary_fields": [
        {"key": "boardingTime", "label": "DEPART", "value": "2:25 PM"},
        {"key": "seat", "label": "SEAT", "behaviour": "dynamic"},
    ],
    "back_fields": [{"key": "terms", "label": "TERMS AND CONDITIONS", "value": "Lorem ipsum"}],
}
COUPON: dict[str, Any] = {
    "name": "Two for one",
    "foreground_color": "#123",
    "code_type": "sequential",
    "barcode": {"format": "qrcode", "alt_text_type": "mirror"},
    "primary_fields": [{"key": "offer", "label": "Any premium dog food", "value": "20% off"}],
    "auxiliary_fields": [{"key": "expires", "label": "EXPIRES", "value": "2 weeks", "behaviour": "fixed"}],
    "expiration_date": "2030-04-24T10:00:00Z",
    "locations": [{"latitude": 37.6189722, "longitude": -122.3748889, "relevant_text": "Shop nearby"}],
    "gwallet_usage": True,
}
TICKET: dict[str, Any] = {
    "name": "The Beat Goes On",
    "text_color": "#FFFFFF",
    "label_color": "#aaBBcc",
    "barcode": {"format": "aztec", "message": "", "alt_text": ""},
    "primary_fields": [{"key": "event", "label": "EVENT", "value": "The Beat Goes On"}],
    "secondary_fields": [{"key": "loc", "label": "LOCATION", "value": "Moscone West"}],
    "relevant_date": "2030-12-08T13:00:00Z",
    "max_distance": 1500,
    "beacons": [
        {
            "proximity_uuid": "30b5d792-48c9-4f12-80ff-082cae62e80f",
            "major": 0.0,
            "minor": 0.0,
            "relevant_text": "Welcome",
        }
    ],
}
TOWN: dict[str, Any] = {
    "name": "Toy Town Generic Passes!",
    "logo_text": "Toy Town",
    "barcode": {"format": "pdf417"},
    "text_color": "#ffffff",
    "background_color": "#c51f1f",
    "primary_fields": [{"key": "member"}],
    "secondary_fields": [{"key": "subtitle", "label": "MEMBER SINCE"}],
    "auxiliary_fields": [{"key": "level", "label": "LEVEL"}, {"key": "favorite", "label": "FAVORITE TOY"}],
}
CARD: dict[str, Any] = {
    "name": "Loyalty",
    "description": "A card for regular guests",
    "barcode": {"format": "ean128"},
    "header_fields": [{"key": "points", "label": "POINTS", "value": 12.5, "behavior": "dynamic"}],
    "primary_fields": [{"key": "balance", "label": "remaining balance", "value": "21.75"}],
    "associated_store_identifiers": [284910350, "375380948"],
    "user_info": {"tier": "gold", "since": 2012},
    "allow_multiple_redeems": True,
}
EXAMPLES = {
    Style.BOARDING_PASS: FLIGHT,
    Style.COUPON: COUPON,
    Style.EVENT_TICKET: TICKET,
    Style.GENERIC: TOWN,
    Style.STORE_CARD: CARD,
}


def attributes_of(api: Api, kind: CampaignType, **attributes: Any) -> dict[str, Any]:
    """What a campaign of the type needs, and what is asked for besides. None of ``icon_id`` leaves the picture out."""
    needed: dict[str, Any] = {"name": str(uuid4())}
    if "template_id" not in attributes:
        needed |= {"icon_id": api.upload("icon")} if "icon_id" not in attributes else {}
        needed |= {"transit_type": "bus"} if kind.style is Style.BOARDING_PASS else {}
    return needed | attributes


def create(api: Api, kind: CampaignType, **attributes: Any) -> dict[str, Any]:
    body = {kind.root: attributes_of(api, kind, **attributes)}
    made: dict[str, Any] = ok(api.post(f"/v2/{kind.segment}", body), 201)
    return made


def path_of(kind: CampaignType, campaign: dict[str, Any]) -> str:
    return f"/v2/{kind.segment}/{campaign['id']}"


def issue(api: Api, path: str, **attributes: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.post(f"{path}/passes", {"pass": attributes}), 201)
    return made
