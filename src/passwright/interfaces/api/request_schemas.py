"""JSON schemas of the bodies that campaign and pass routes read, with the leniency that the contract asks for.

What has a ``title`` stands in the document once, under that name, and routes refer to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passwright.interfaces.api.campaign_payloads import LARGEST_STORE, MAX_CODE, MAX_STORES, MOST_DAYS
from passwright.operations.distribution_rules import (
    LONGEST_PASSWORD,
    MOST_CLAIMS,
    MOST_ORIGINS,
    LinkState,
    Returning,
)
from passwright.operations.make_smart_links import MOST_AT_ONCE
from passwright.operations.sizes import MOST_FIELDS, MOST_OVERRIDES_BYTES, MOST_REVISION_BYTES
from passwright.passes.content import (
    AfterCreate,
    AltTextType,
    BarcodeFormat,
    Behaviour,
    CodeType,
    DataType,
    ImageSlot,
    Language,
    Position,
    TransitType,
)
from passwright.passes.places import FARTHEST
from passwright.payloads.content import ALIGNMENTS, MAX_BARCODES, MAX_HELP, MAX_PLACES, MOST_CHOICES
from passwright.payloads.pushes import MOST_MESSAGE
from passwright.payloads.redeems import MAX_COMMENT
from passwright.payloads.values import MAX_NAME, MAX_TEXT

Schema = dict[str, Any]


def optional(*schemas: Schema) -> Schema:
    """One of them, or ``null``."""
    return {"anyOf": [*schemas, {"type": "null"}]}


def text(most: int = MAX_TEXT) -> Schema:
    """A text; a number becomes its digits."""
    return optional({"type": "string", "maxLength": most}, {"type": "number"})


def one_of(*words: str) -> Schema:
    """One of the words; an empty text is none."""
    return optional({"type": "string", "enum": [*words, ""]})


def number(least: float, most: float) -> Schema:
    """A number, also as text."""
    digits = {"type": "string", "pattern": r"^\s*[+-]?[0-9]+(\.[0-9]+)?\s*$"}
    return {"anyOf": [{"type": "number", "minimum": least, "maximum": most}, digits]}


def whole(most: int) -> Schema:
    digits = {"type": "string", "pattern": r"^\s*[0-9]*\s*$"}
    return optional({"type": "integer", "minimum": 0, "maximum": most}, digits)


def entries(title: str, properties: Mapping[str, Schema], *required: str, most: int | None = None) -> Schema:
    """A list of objects."""
    items: Schema = {"title": title, "type": "object", "properties": dict(properties), "required": list(required)}
    return optional({"type": "array", "items": items, **({"maxItems": most} if most else {})})


NAME: Schema = {"type": "string", "pattern": r"\S", "minLength": 1, "maxLength": MAX_NAME}
SWITCH = optional({"type": "boolean"}, {"enum": ["true", "false", "1", "0", 1, 0, ""]})
ID = optional({"type": "string", "format": "uuid"}, {"const": ""})
COLOR = optional({"type": "string", "pattern": r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"}, {"const": ""})
MOMENT = optional({"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}, {"const": ""})
ADDRESS = optional({"type": "string", "format": "uri", "pattern": "^https?://", "maxLength": 2000}, {"const": ""})
PUSH = {
    **SWITCH,
    "description": "Whether devices that hold the pass are told: they are unless this is `false`.",
}
MESSAGE = {**text(MOST_MESSAGE), "description": "What lock screens show; an empty text is none."}
RESET = {
    **SWITCH,
    "description": "Whether passes older than the campaign's last update lose what is personal and say what the"
    " campaign says: they do unless this is `false`. Coupons never do.",
}
OBJECT = optional({"type": "object"}, {"type": "array", "maxItems": 0})

OF_THE_CAMPAIGN = {
    **one_of(*Behaviour),
    "description": "Rules for fields that the pass brings itself; of a campaign's field it is the campaign's.",
}
BEHAVIOUR = {
    **one_of(*Behaviour),
    "description": "`fixed`: the same on every pass, and follows the campaign. `dynamic`: kept for each pass.",
}
PLAIN_FIELD = {
    "key": {"anyOf": [NAME, {"type": "number"}], "description": "Unique over all lists."},
    "value": text(),
    "label": text(),
    "behaviour": BEHAVIOUR,
    "behavior": {**BEHAVIOUR, "description": "Another word for `behaviour`."},
    "_destroy": {**SWITCH, "description": "Takes the field with this key away."},
}
COLUMN = {
    "data_type": one_of(*DataType),
    "format": text(MAX_NAME),
    "required": {
        **SWITCH,
        "description": "Whether forms insist on an answer: they do unless this is `false`. Sent as `true` with a new"
        " field, no door makes a pass without a value.",
    },
    "admin_only": {**SWITCH, "description": "For staff alone: no form asks for it."},
    "hidden": {**SWITCH, "description": "Kept, and not shown on the pass."},
    "generated": {
        **SWITCH,
        "description": "Letters and digits, made for each new pass; `format` says how many (4 to 64, else 10).",
    },
    "distinct": {**SWITCH, "description": "No two passes of the campaign have the same value."},
    "use_as_barcode": {**SWITCH, "description": "Its value is what the pass's code says; of one field at most."},
    "change_message": optional({"type": "string", "pattern": "^[^%]*%@[^%]*$"}, {"const": ""}),
    "text_alignment": one_of(*ALIGNMENTS),
    "choices": {
        **optional({"type": "array", "maxItems": MOST_CHOICES, "items": {"type": "string", "pattern": r"\S"}}),
        "description": "Of a `choice`: the answers there are.",
    },
    "help": {**text(MAX_HELP), "description": "What the form says below the question."},
}
BARCODE = {
    "format": {**one_of(*BarcodeFormat), "description": "Not sent: the one there is, else `qrcode`."},
    "message": text(),
    "alt_text": text(),
    "alt_text_type": one_of(*AltTextType),
}
BEACON = {
    "proximity_uuid": {"type": "string", "format": "uuid"},
    "major": whole(65_535),
    "minor": whole(65_535),
    "relevant_text": text(),
}
LOCATION = {
    "latitude": number(-90, 90),
    "longitude": number(-180, 180),
    "altitude": optional(number(-FARTHEST, FARTHEST), {"const": ""}),
    "relevant_text": text(),
}
PASS_LOCATION = {**LOCATION, "name": text()}


def field_lists(of: str, field: Mapping[str, Schema], bytes_in_all: int) -> dict[str, Schema]:
    limits = f"At most {MOST_FIELDS} fields in all lists together, and {bytes_in_all // 1024} KiB of all content."
    lists = entries(f"Sent{of}Field", field, "key", most=MOST_FIELDS)
    return {f"{position}_fields": {**lists, "description": limits} for position in Position}


def places_and_codes(of: str, location: Mapping[str, Schema]) -> dict[str, Schema]:
    return {
        "locations": entries(f"Sent{of}Location", location, "latitude", "longitude", most=MAX_PLACES),
        "beacons": entries("SentBeacon", BEACON, "proximity_uuid", most=MAX_PLACES),
        "barcode": optional(
            {"title": "SentBarcode", "type": "object", "properties": BARCODE, "required": []},
            {"type": "array", "maxItems": 0},
        ),
        "barcodes": entries("SentBarcode", BARCODE, most=MAX_BARCODES),
    }


def content(
    of: str, field: Mapping[str, Schema], location: Mapping[str, Schema], bytes_in_all: int
) -> dict[str, Schema]:
    """What campaigns and passes have in common. ``of``: ``Campaign`` or ``Pass``."""
    return {
        **field_lists(of, field, bytes_in_all),
        **places_and_codes(of, location),
        **{f"{slot}_id": ID for slot in ImageSlot},
        "max_distance": {
            **optional({"type": "integer"}, {"type": "string", "pattern": r"^\s*([+-]?[0-9]{1,40})?\s*$"}),
            "description": "Metres; what is beyond the bounds of the pass's type is brought within them.",
        },
        "expiration_date": MOMENT,
        "relevant_date": MOMENT,
        "user_info": OBJECT,
    }


CAMPAIGN: Schema = {
    "title": "SentCampaign",
    "type": "object",
    "properties": {
        "name": {"anyOf": [NAME, {"type": "number"}], "description": "Unique among the campaigns of a type."},
        "description": text(),
        "organization_name": text(MAX_NAME),
        "template_id": ID,
        "certificate_id": ID,
        **content("Campaign", {**PLAIN_FIELD, **COLUMN}, LOCATION, MOST_REVISION_BYTES),
        "code_type": one_of(*CodeType, "sequential"),
        "code_fixed_value": text(MAX_CODE),
        "allow_multiple_redeems": SWITCH,
        "associated_store_identifiers": optional(
            {"type": "array", "maxItems": MAX_STORES, "items": whole(LARGEST_STORE)}
        ),
        "transit_type": one_of(*TransitType),
        "logo_text": text(),
        "background_color": COLOR,
        "text_color": COLOR,
        "foreground_color": {**COLOR, "description": "Another word for `text_color`, used when that is absent."},
        "label_color": COLOR,
        "remote_form_url": ADDRESS,
        "og": SWITCH,
        "og_description": text(),
        "javascript": text(),
        "stylesheet": text(),
        "render_on_short_url": SWITCH,
        "sync_locations_on_merge": SWITCH,
        "sync_beacons_on_merge": SWITCH,
        "merge_on_update": SWITCH,
        "gwallet_usage": SWITCH,
        "language": one_of(*Language),
        "country": {
            **optional({"type": "string", "pattern": "^[A-Za-z]{2}$"}, {"const": ""}),
            "description": "ISO 3166-1. Telephone numbers without a country are read as of this one.",
        },
        "days_valid": {
            **whole(MOST_DAYS),
            "description": "New passes expire so many times 24 hours after their issue.",
        },
        "after_create": {
            **one_of(*AfterCreate),
            "description": "What follows the form: `view` shows the pass with its buttons, `download` sends the file.",
        },
        "confirm_by_email": {
            **SWITCH,
            "description": "Whether a holder who gives an e-mail address gets his links there.",
        },
        "allow_update": {
            **SWITCH,
            "description": "Whether holders can change what they said; a link is on the back then.",
        },
        "allow_delete": {**SWITCH, "description": "Whether holders can end their pass."},
        "allow_transfer": {**SWITCH, "description": "Whether holders can give their pass to somebody else."},
        "time_zone": optional({"type": "string", "pattern": "^[A-Z][A-Za-z0-9_+/-]*$", "examples": ["Europe/Lisbon"]}),
    },
}
PLACES: Schema = {
    "type": "array",
    "maxItems": MAX_PLACES,
    "items": {"type": "object", "properties": PASS_LOCATION, "required": ["latitude", "longitude"]},
}
NEAR: Schema = {
    "type": "object",
    "properties": {
        "near": {
            "type": "object",
            "properties": {"latitude": number(-90, 90), "longitude": number(-180, 180)},
            "required": ["latitude", "longitude"],
        }
    },
    "required": ["near"],
}
VALUES: Schema = {
    **optional(
        {
            "type": "object",
            "additionalProperties": optional(
                {"type": "string", "maxLength": MAX_TEXT}, {"type": "number"}, {"type": "boolean"}, PLACES, NEAR
            ),
        },
        {"type": "array", "maxItems": 0},
    ),
    "description": "By key, values for fields of the campaign, in whatever list they stand; each is read as its"
    " field's type. `null` shows the campaign's value again.",
    "examples": [{"member": "Ada", "points": 120}],
}
PASS: Schema = {
    "title": "SentPass",
    "type": "object",
    "properties": {
        **content(
            "Pass",
            {**PLAIN_FIELD, "behaviour": OF_THE_CAMPAIGN, "behavior": OF_THE_CAMPAIGN},
            PASS_LOCATION,
            MOST_OVERRIDES_BYTES,
        ),
        "voided": SWITCH,
        "external_id": {**text(MAX_NAME), "description": "Your own name for the pass, unique in its campaign."},
        "values": VALUES,
        "distribution_id": {**ID, "description": "Of a new pass: the link through which it counts as given out."},
        "merge": SWITCH,
        "push": PUSH,
    },
}
COMMENT = {**text(MAX_COMMENT), "description": "Kept with the redeem, as it is."}
NEW_CAMPAIGN: Schema = {**CAMPAIGN, "title": "NewCampaign", "required": ["name"]}
EMPTY: Schema = {"type": "array", "maxItems": 0}
SUBMISSION: Schema = optional(
    {
        "type": "object",
        "properties": places_and_codes("Pass", PASS_LOCATION),
        "additionalProperties": {
            "description": "By key, the answer for a dynamic field: a text, a number or a switch."
        },
    },
    EMPTY,
)


def new_campaign_body(root: str) -> Schema:
    """The campaign under its type's root or under ``pass``."""
    return {"anyOf": [rooted(root, NEW_CAMPAIGN), rooted("pass", NEW_CAMPAIGN)]}


def campaign_body(root: str) -> Schema:
    """What changes, under the same roots; nothing at all changes nothing."""
    changes = {"anyOf": [CAMPAIGN, EMPTY, {"type": "null"}]}
    return {"anyOf": [rooted(root, changes), rooted("pass", changes), EMPTY, {"type": "null"}]}


def pass_body() -> Schema:
    """The pass under ``pass``, with flags inside or beside it; nothing at all is a pass like its campaign."""
    body = rooted("pass", {"anyOf": [PASS, EMPTY, {"type": "null"}]})
    return {"anyOf": [{**body, "required": []}, EMPTY, {"type": "null"}]}


def push_body(root: str, *, resets: bool = False) -> Schema:
    """Words to passes on devices, bare or under a root; nothing at all says nothing."""
    words = {"push_message": MESSAGE, **({"reset": RESET} if resets else {})}
    inside = {"anyOf": [{"type": "object", "properties": words}, EMPTY, {"type": "null"}]}
    body = {"type": "object", "properties": {**words, root: inside, "pass": inside}}
    return {"anyOf": [body, EMPTY, {"type": "null"}]}


def scheduled_push_body() -> Schema:
    """What comes later and when, bare or under `scheduled_push`."""
    words = {
        "action": {"enum": ["push", "merge"], "description": "What comes: a push or a merge."},
        "due_at": {
            "type": "string",
            "anyOf": [{"format": "date-time"}, {"format": "date"}],
            "description": "When; without an offset it is read in the campaign's time zone.",
            "examples": ["2027-01-31T18:30:00Z"],
        },
        "message": MESSAGE,
        "reset": RESET,
    }
    inside = {"title": "LaterPush", "type": "object", "properties": words, "required": ["action", "due_at"]}
    rooted_one = {"type": "object", "properties": {"scheduled_push": inside}, "required": ["scheduled_push"]}
    return {"anyOf": [inside, rooted_one]}


LINK: Schema = {
    "title": "SentDistribution",
    "type": "object",
    "properties": {
        "name": {**text(MAX_NAME), "description": "For those who read the list."},
        "state": {**one_of(*LinkState), "description": "`archived` is for good."},
        "pass_limit": {
            **optional({"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\s*[0-9]*\s*$"}),
            "description": "How many passes the link gives out. Deleting one does not give its place back.",
        },
        "starts_at": {**MOMENT, "description": "Without an offset it is read in the campaign's time zone."},
        "ends_at": {**MOMENT, "description": "From then on the link gives out no pass."},
        "password": {**text(LONGEST_PASSWORD), "description": "What visitors are asked for; empty for none."},
        "returning": {
            **one_of(*Returning),
            "description": "What somebody gets who comes again: a new pass, the one he has (`per_visitor`: known by his"
            " browser; `per_field`: by his answer), or the choice (`ask`).",
        },
        "distinct_key": {
            **text(MAX_NAME),
            "description": "The dynamic field of which one answer gets one pass; needed for `per_field`.",
        },
        "captcha": {**SWITCH, "description": "Whether visitors prove that they are no program."},
        "claims_per_hour": {**whole(MOST_CLAIMS), "description": "Of one address."},
        "embed_origins": {
            **optional({"type": "array", "maxItems": MOST_ORIGINS, "items": {"type": "string"}}),
            "description": "Of the websites that may show the form in a frame, such as `https://shop.example`; `*` is"
            " any.",
        },
    },
}
SMART_LINK = {
    "values": {"type": "object", "description": "By key, what the pass says in dynamic fields of the campaign."},
    "expires_in": {**whole(2**31 - 1), "description": "Seconds; 30 days if neither is sent. At most three years."},
    "expires_at": MOMENT,
    "single_use": {**SWITCH, "description": "Whether only the browser that made the pass sees it again."},
    "external_id": {**text(MAX_NAME), "description": "What the pass will be called by you."},
}


def distribution_body() -> Schema:
    """A link, bare or under `distribution`; nothing at all is a link without rules."""
    rooted_one = {"type": "object", "properties": {"distribution": LINK}, "required": ["distribution"]}
    return {"anyOf": [rooted_one, LINK, EMPTY, {"type": "null"}]}


def smart_links_body() -> Schema:
    """One, or a list of them with what they have in common beside it."""
    one = {"title": "SmartLinkWanted", "type": "object", "properties": SMART_LINK, "required": []}
    several = {
        "type": "object",
        "properties": {"links": {"type": "array", "minItems": 1, "maxItems": MOST_AT_ONCE, "items": one}},
        "required": ["links"],
    }
    return {"anyOf": [several, one, EMPTY, {"type": "null"}]}


def redeem_body() -> Schema:
    """A remark for the record, under ``pass`` or bare; nothing at all is no remark."""
    sent = {"type": "object", "properties": {"comment": COMMENT}}
    properties = {"pass": {"anyOf": [sent, EMPTY, {"type": "null"}]}, "comment": COMMENT}
    return {"anyOf": [{"type": "object", "properties": properties}, EMPTY, {"type": "null"}]}


def redeem_code_body(root: str) -> Schema:
    """The code, under ``pass``, under the type's root or bare."""
    written = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    code = {"anyOf": [written, {"type": "number"}], "description": "Leading zeros of a number do not matter."}
    sent = {"type": "object", "properties": {"redeem_code": code, "comment": COMMENT}, "required": ["redeem_code"]}
    rooted_ones = [{"type": "object", "properties": {name: sent}, "required": [name]} for name in ("pass", root)]
    return {"anyOf": [*rooted_ones, sent]}


def rooted(root: str, schema: Schema) -> Schema:
    properties = {root: schema, "merge": SWITCH, "push": PUSH} if root == "pass" else {root: schema}
    return {"type": "object", "properties": properties, "required": [root]}
