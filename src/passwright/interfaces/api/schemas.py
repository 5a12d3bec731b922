"""Schemas of the OpenAPI document that several resources share, and those of request bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from passwright.passes.content import AltTextType, BarcodeFormat, ImageSlot, Style, TransitType
from passwright.passes.webhooks import OF_THE_CONTRACT, WebhookEvent

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A time as the resource writes it."""


class Gone(Struct, frozen=True):
    """It is deleted."""

    errors: Annotated[list[str], Meta(max_length=0)]


class Said(Struct, frozen=True):
    """What was done, in a sentence."""

    message: str


TEXT = {"type": ["string", "null"]}
ID = {"type": ["string", "null"], "format": "uuid"}
COLOR = {
    "type": ["string", "null"],
    "pattern": "^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$",
    "examples": ["#3399ff", "#39f"],
    "description": "`#rrggbb` or `#rgb`.",
}
BARCODE = {
    "type": ["object", "null"],
    "description": "A code. Without a format it keeps the one there is, else it is `qrcode`.",
    "properties": {
        "format": {"enum": [item.value for item in BarcodeFormat], "default": "qrcode"},
        "message": TEXT,
        "alt_text": TEXT,
        "alt_text_type": {"enum": [item.value for item in AltTextType], "default": "mirror"},
    },
}
PRESENTATION: dict[str, Any] = {
    **{f"{slot.value}_id": {**ID, "description": f"An asset of type `{slot.value}`."} for slot in ImageSlot},
    "logo_text": TEXT,
    "background_color": COLOR,
    "text_color": COLOR,
    "label_color": COLOR,
    "foreground_color": {**COLOR, "description": "Another word for `text_color`, used when that is absent."},
    "transit_type": {
        "enum": [*(item.value for item in TransitType), None],
        "description": "Required for `boardingPass`.",
    },
}
"""The attributes of a template's look, which campaigns accept as well."""


def under(root: str, properties: dict[str, Any], *, required: Sequence[str] = ()) -> dict[str, Any]:
    """A body with its attributes under a root."""
    attributes: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        attributes["required"] = list(required)
    return {"type": "object", "properties": {root: attributes}, "required": [root]}


def template_body(*, required: Sequence[str] = ()) -> dict[str, Any]:
    properties = {
        "name": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Unique.", "examples": ["Summer"]},
        "description": TEXT,
        "pass_type": {"enum": [style.value for style in Style], "examples": ["generic"]},
        **PRESENTATION,
        "barcode": BARCODE,
    }
    return under("template", properties, required=required)


def organization_body(*, required: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """The attributes bare, as the contract has them; under `organization` they are understood as well."""
    name = {"type": "string", "minLength": 1, "maxLength": 255, "examples": ["Toy Town North"]}
    return {"type": "object", "properties": {"name": name, **more}, "required": list(required)}


WEBHOOK_URL = {
    "type": ["string", "null"],
    "format": "uri",
    "pattern": "^https?://",
    "maxLength": 2000,
    "description": "Where events are sent to, http or https; null for nowhere.",
    "examples": ["https://shop.example.org/passes"],
}


def webhook_body(*, required: Sequence[str] = ()) -> dict[str, Any]:
    """The attributes bare; under `webhook` they are understood as well."""
    properties = {
        "url": {**WEBHOOK_URL, "type": "string", "description": "Http or https; not a private address."},
        "events": {
            "type": ["array", "null"],
            "items": {"type": "string", "enum": [event.value for event in WebhookEvent]},
            "minItems": 1,
            "default": [event.value for event in OF_THE_CONTRACT],
        },
        "description": {**TEXT, "maxLength": 500},
        "send_api_key": {
            "type": ["boolean", "null"],
            "default": True,
            "description": "Whether `Authorization` carries the organization's API key. Send false for a receiver that "
            "is not to act in your name; it can verify the signature.",
        },
    }
    return {"type": "object", "properties": properties, "required": list(required)}


DELETE_TEMPLATE = {
    "type": "object",
    "properties": {
        "template": {
            "type": "object",
            "properties": {"delete_assets": {"enum": [True, False, "true", "false"], "default": False}},
        }
    },
}
ASSET_TYPE = {"enum": [slot.value for slot in ImageSlot]}
MULTIPART_UPLOAD = {
    "type": "object",
    "properties": {"asset[file]": {"type": "string", "format": "binary"}, "asset[asset_type]": ASSET_TYPE},
    "required": ["asset[file]", "asset[asset_type]"],
}
JSON_UPLOAD = under(
    "asset",
    {
        "base64": {"type": "string", "contentEncoding": "base64"},
        "asset_type": ASSET_TYPE,
        "filename": {"type": "string"},
        "content_type": {"type": "string"},
    },
    required=("base64", "asset_type"),
)
